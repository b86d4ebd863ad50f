package kit

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"flowcoro/go_bench/internal/contracttest"
)

// empty gives a new record of the kinds that this subject writes.
func empty(kind string) any {
	switch kind {
	case "hello":
		return new(Hello)
	case "sample":
		return new(Sample)
	case "histogram":
		return new(Histogram)
	case "done":
		return new(Done)
	case "describe":
		return new(Describe)
	}
	return nil
}

// What this kit decodes from a good fixture and writes again must say the same, key by key.
func TestGoodRecordsSurviveDecodingAndEncoding(t *testing.T) {
	seen := map[string]int{}
	fixtures := append(contracttest.Fixtures(t, "../../..", "stream"), contracttest.Fixtures(t, "../../..", "describe")...)
	for _, f := range fixtures {
		if !f.Valid {
			continue
		}
		for _, line := range bytes.SplitAfter(bytes.TrimSuffix(f.Text, []byte("\n")), []byte("\n")) {
			before, err := contracttest.ParseObject(bytes.TrimSuffix(line, []byte("\n")))
			if err != nil {
				t.Fatalf("%s: %v", f.File, err)
			}
			kind := before["kind"].(string)
			record := empty(kind)
			if record == nil {
				continue
			}
			if err := json.Unmarshal(line, record); err != nil {
				t.Fatalf("%s: %v", f.File, err)
			}
			var written bytes.Buffer
			if err := writeRecord(&written, record); err != nil {
				t.Fatal(err)
			}
			after, err := contracttest.ParseObject(bytes.TrimSuffix(written.Bytes(), []byte("\n")))
			if err != nil {
				t.Fatalf("%s: what was written: %v", f.File, err)
			}
			if _, err := after.Kind(); err != nil {
				t.Errorf("%s: what was written: %v", f.File, err)
			}
			for key, value := range after {
				if !reflect.DeepEqual(value, before[key]) {
					t.Errorf("%s: %s was %v, is %v", f.File, key, before[key], value)
				}
			}
			for _, key := range []string{"max_in_flight", "early_wakes", "unlike"} {
				if before[key] != nil && after[key] == nil {
					t.Errorf("%s: %s got lost", f.File, key)
				}
			}
			seen[kind]++
		}
	}
	for _, kind := range []string{"hello", "sample", "histogram", "done", "describe"} {
		if seen[kind] == 0 {
			t.Errorf("no fixture holds a good %s", kind)
		}
	}
}
