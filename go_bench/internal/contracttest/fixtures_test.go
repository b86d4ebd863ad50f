package contracttest

import (
	"bytes"
	"strings"
	"testing"
)

const root = "../../.."

func TestStreamsAreTakenOrRefusedAsTheIndexSays(t *testing.T) {
	for _, f := range Fixtures(t, root, "stream") {
		if _, err := ReadStream(f.Text, f.Call); (err == nil) != f.Valid {
			t.Errorf("%s (%s): valid is %v, the reader says %v", f.File, f.Why, f.Valid, err)
		}
	}
}

func TestDescribesAreTakenOrRefusedAsTheIndexSays(t *testing.T) {
	for _, f := range Fixtures(t, root, "describe") {
		if _, err := ReadDescribe(f.Text); (err == nil) != f.Valid {
			t.Errorf("%s (%s): valid is %v, the reader says %v", f.File, f.Why, f.Valid, err)
		}
	}
}

func TestALineOverOneMebibyteIsRefused(t *testing.T) {
	line := func(length int) []byte {
		return []byte(`{"x":"` + strings.Repeat("x", length-len(`{"x":""}`)) + `"}`)
	}
	if _, err := ParseObject(line(1 << 20)); err != nil {
		t.Errorf("1 MiB: %v", err)
	}
	if _, err := ParseObject(line(1<<20 + 1)); err == nil {
		t.Error("1 MiB and one byte was taken")
	}
}

func TestMissingSamplesAreRefused(t *testing.T) {
	for _, f := range Fixtures(t, root, "stream") {
		if f.Valid && f.Call.Phases > 0 && bytes.Contains(f.Text, []byte(`"done"`)) {
			f.Call.Phases++
			if _, err := ReadStream(f.Text, f.Call); err == nil {
				t.Errorf("%s: one sample is missing, and the reader took it", f.File)
			}
		}
	}
}
