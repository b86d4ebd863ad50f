package kit

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
)

// Subject is a program that speaks the contract.
type Subject struct {
	ID        string
	Workloads []Named
}

// Named is a workload under its id of the catalog.
type Named struct {
	ID  string
	Run Workload
}

// Main is the whole program but for exit: it returns the exit code, and explains any but 0 in one line on stderr.
func (s Subject) Main(args []string, getenv func(string) string, stderr io.Writer) int {
	results, err := resultFile(getenv)
	if err == nil {
		var o Options
		if o, err = ParseOptions(args); err == nil {
			err = s.checkWorkload(o)
		}
		if err == nil {
			if err = s.run(o, results); err == nil {
				return 0
			}
			fmt.Fprintf(stderr, "%s: %v\n", s.ID, err)
			return 1
		}
	}
	fmt.Fprintf(stderr, "%s: %v\n", s.ID, err)
	return 2
}

func (s Subject) checkWorkload(o Options) error {
	if o.Describe || s.find(o.Workload) != nil {
		return nil
	}
	return fmt.Errorf("unknown workload %q; one of: %s", o.Workload, strings.Join(s.ids(), " "))
}

func (s Subject) run(o Options, results io.Writer) error {
	if o.Describe {
		return writeRecord(results, Describe{head("describe"), s.ID, runtime.Version(), build(), s.ids(), map[string]string{}, nil})
	}
	// One P for each worker. The garbage collector stays as everyone gets it (GOGC=100): its work in a phase is part of
	// what a goroutine costs.
	runtime.GOMAXPROCS(o.Workers)
	hello := Hello{head("hello"), s.ID, runtime.Version(), o.Workload, o.Tasks, o.Workers, build()}
	if err := writeRecord(results, hello); err != nil {
		return err
	}
	return runPhases(s.find(o.Workload), o, results)
}

func (s Subject) find(id string) Workload {
	for _, w := range s.Workloads {
		if w.ID == id {
			return w.Run
		}
	}
	return nil
}

func (s Subject) ids() []string {
	ids := make([]string, len(s.Workloads))
	for i, w := range s.Workloads {
		ids[i] = w.ID
	}
	return ids
}

// build reads from the executable itself how the go command was told to make it.
func build() Build {
	var flags []string
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if strings.HasPrefix(setting.Key, "-") || strings.HasPrefix(setting.Key, "GO") || setting.Key == "CGO_ENABLED" {
				flags = append(flags, setting.Key+"="+setting.Value)
			}
		}
	}
	return Build{Compiler: runtime.Compiler + " " + runtime.Version(), Flags: strings.Join(flags, " ")}
}
