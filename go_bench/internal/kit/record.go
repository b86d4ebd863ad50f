package kit

import (
	"encoding/json"
	"fmt"
	"io"
)

// Head starts every record.
type Head struct {
	V    int    `json:"v"`
	Kind string `json:"kind"`
}

// Build says how the subject was compiled.
type Build struct {
	Compiler string `json:"compiler"`
	Flags    string `json:"flags"`
}

// Hello repeats the call and names the subject.
type Hello struct {
	Head
	Subject  string `json:"subject"`
	Version  string `json:"version"`
	Workload string `json:"workload"`
	Tasks    int    `json:"tasks"`
	Workers  int    `json:"workers"`
	Build    Build  `json:"build"`
}

// Sample is one timed phase. MaxInFlight and EarlyWakes are nil where a workload does not report them.
type Sample struct {
	Head
	I              int     `json:"i"`
	WallNS         uint64  `json:"wall_ns"`
	CPUNS          uint64  `json:"cpu_ns"`
	RSSBeforeBytes uint64  `json:"rss_before_bytes"`
	PeakRSSBytes   uint64  `json:"peak_rss_bytes"`
	MaxInFlight    *uint64 `json:"max_in_flight,omitempty"`
	EarlyWakes     *uint64 `json:"early_wakes,omitempty"`
}

// Histogram counts values by upper bound, over all samples so far.
type Histogram struct {
	Head
	Of      string      `json:"of"`
	Buckets [][2]uint64 `json:"buckets"`
}

// Done ends a good stream.
type Done struct {
	Head
	Completed int    `json:"completed"`
	Answer    uint64 `json:"answer,string"`
}

// Describe is the only record of a --describe call.
type Describe struct {
	Head
	Subject     string            `json:"subject"`
	Version     string            `json:"version"`
	Build       Build             `json:"build"`
	Workloads   []string          `json:"workloads"`
	Unsupported map[string]string `json:"unsupported"`
	Unlike      map[string]string `json:"unlike,omitempty"`
}

// head gives the Head of a kind of record in the version of the contract that this kit speaks.
func head(kind string) Head { return Head{V: 1, Kind: kind} }

// writeRecord writes one record as one line in one call of w.Write, so that a crash tears no line in two.
func writeRecord(w io.Writer, record any) error {
	line, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("encoding %T: %w", record, err)
	}
	if _, err := w.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("writing %T: %w", record, err)
	}
	return nil
}
