package kit

import (
	"fmt"
	"strconv"
	"strings"
)

// Options is one call of the subject.
type Options struct {
	Describe bool
	Workload string
	Tasks    int
	Workers  int
	Phases   int
	Seed     uint64
}

const usage = "usage: --workload ID --tasks N --workers K --phases P --seed S, or --describe"

// ParseOptions reads the words after the program's name. Its error is one line that names the word at fault.
func ParseOptions(args []string) (Options, error) {
	if len(args) == 1 && args[0] == "--describe" {
		return Options{Describe: true}, nil
	}
	var o Options
	readers := map[string]func(string) error{
		"--workload": func(s string) error { o.Workload = s; return nil },
		"--tasks":    intReader(&o.Tasks, 1, 1_000_000_000),
		"--workers":  intReader(&o.Workers, 1, 65_535),
		"--phases":   intReader(&o.Phases, 0, 1_000_000_000),
		"--seed":     seedReader(&o.Seed),
	}
	for i := 0; i < len(args); i += 2 {
		name := args[i]
		read, known := readers[name]
		switch {
		case !known && isOption(name):
			return Options{}, fmt.Errorf("%s comes twice", name)
		case !known:
			return Options{}, fmt.Errorf("unknown option %q; %s", name, usage)
		case i+1 == len(args):
			return Options{}, fmt.Errorf("%s needs a value; %s", name, usage)
		}
		if err := read(args[i+1]); err != nil {
			return Options{}, fmt.Errorf("%s %q: %w", name, args[i+1], err)
		}
		delete(readers, name)
	}
	var missing []string
	for _, name := range optionNames {
		if _, unread := readers[name]; unread {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		return Options{}, fmt.Errorf("missing %s; %s", strings.Join(missing, " "), usage)
	}
	return o, nil
}

var optionNames = []string{"--workload", "--tasks", "--workers", "--phases", "--seed"}

func isOption(word string) bool {
	for _, name := range optionNames {
		if word == name {
			return true
		}
	}
	return false
}

func intReader(to *int, least, most uint64) func(string) error {
	return func(s string) error {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil || n < least || n > most {
			return fmt.Errorf("must be a whole number from %d to %d", least, most)
		}
		*to = int(n)
		return nil
	}
}

func seedReader(to *uint64) func(string) error {
	return func(s string) error {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return fmt.Errorf("must be a whole number from 0 to %d", uint64(1<<64-1))
		}
		*to = n
		return nil
	}
}
