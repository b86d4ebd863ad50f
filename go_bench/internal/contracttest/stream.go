package contracttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// Call is what the subject was asked for.
type Call struct {
	Workload string
	Tasks    int
	Workers  int
	Phases   int
	Seed     string
}

// ReadStream reads the whole output of a call: hello, the samples in order with any histograms, done; or hello, unsupported.
func ReadStream(output []byte, call Call) ([]Object, error) {
	records, err := readLines(output)
	if err != nil {
		return nil, err
	}
	samples, ended := 0, false
	for n, record := range records {
		kind, err := record.Kind()
		switch {
		case err != nil:
		case ended:
			err = errors.New("a record after the last one")
		case (n == 0) != (kind == "hello"):
			err = fmt.Errorf("%s out of place", kind)
		case kind == "hello":
			err = repeats(record, call)
		case kind == "sample":
			if record["i"] != number(samples) {
				err = fmt.Errorf("sample %v where %d belongs", record["i"], samples)
			}
			samples++
		case kind == "done" && samples != call.Phases:
			err = fmt.Errorf("done after %d of %d samples", samples, call.Phases)
		case kind == "unsupported" && samples > 0, kind == "describe":
			err = fmt.Errorf("%s out of place", kind)
		default:
			ended = kind != "histogram"
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	if !ended {
		return nil, errors.New("ends without done or unsupported")
	}
	return records, nil
}

// ReadDescribe reads the whole output of a --describe call.
func ReadDescribe(output []byte) (Object, error) {
	records, err := readLines(output)
	if err != nil {
		return nil, err
	}
	if len(records) != 1 {
		return nil, fmt.Errorf("%d records, not 1", len(records))
	}
	if kind, err := records[0].Kind(); err != nil || kind != "describe" {
		return nil, fmt.Errorf("%s where describe belongs: %w", kind, err)
	}
	return records[0], unlikeIsSupported(records[0])
}

// unlikeIsSupported wants a workload that is named in unlike to be one that the subject supports.
func unlikeIsSupported(describe Object) error {
	unlike, _ := describe["unlike"].(map[string]any) // which may be absent
	for workload := range unlike {
		_, refused := describe["unsupported"].(map[string]any)[workload]
		if refused || !slices.Contains(describe["workloads"].([]any), any(workload)) {
			return fmt.Errorf("unlike names %s, which is not supported", workload)
		}
	}
	return nil
}

func readLines(output []byte) ([]Object, error) {
	var records []Object
	for len(output) > 0 {
		line, rest, ended := bytes.Cut(output, []byte("\n"))
		if !ended {
			return nil, fmt.Errorf("line %d: no newline at its end", len(records)+1)
		}
		record, err := ParseObject(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", len(records)+1, err)
		}
		records, output = append(records, record), rest
	}
	return records, nil
}

func repeats(hello Object, call Call) error {
	if hello["workload"] != call.Workload || hello["tasks"] != number(call.Tasks) || hello["workers"] != number(call.Workers) {
		return fmt.Errorf("hello is of another call than %+v", call)
	}
	return nil
}

func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }
