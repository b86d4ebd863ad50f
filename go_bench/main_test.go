package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"flowcoro/go_bench/internal/contracttest"
	"flowcoro/go_bench/workloads"
)

// TestMain lets the test program be the subject when a test starts it again with this variable.
func TestMain(m *testing.M) {
	if os.Getenv("BE_THE_SUBJECT") != "" {
		main()
	}
	// Whoever runs the tests may have left it open; a subject would write there.
	syscall.CloseOnExec(3)
	os.Exit(m.Run())
}

// outcome is what a started subject left behind.
type outcome struct {
	results, stdout, stderr string
	code                    int
}

// start runs the subject with a pipe as descriptor fd for its results, or none if fd is 0.
func start(t *testing.T, fd int, env []string, args ...string) outcome {
	t.Helper()
	command := exec.Command(os.Args[0], args...)
	// The race detector would keep each process for a second before it exits.
	command.Env = append(env, "BE_THE_SUBJECT=1", "GORACE=atexit_sleep_ms=0")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	if fd > 0 {
		command.ExtraFiles = make([]*os.File, fd-2)
		command.ExtraFiles[fd-3] = write
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	results, err := io.ReadAll(read)
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err != nil && command.ProcessState.ExitCode() < 1 {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	return outcome{string(results), stdout.String(), stderr.String(), command.ProcessState.ExitCode()}
}

func words(call contracttest.Call) []string {
	return strings.Fields(fmt.Sprintf("--workload %s --tasks %d --workers %d --phases %d --seed %s",
		call.Workload, call.Tasks, call.Workers, call.Phases, call.Seed))
}

func TestEveryWorkloadKeepsTheContract(t *testing.T) {
	for _, w := range workloads.All {
		for _, phases := range []int{0, 2} {
			call := contracttest.Call{Workload: w.ID, Tasks: 1_000, Workers: 2, Phases: phases, Seed: "7"}
			o := start(t, 3, nil, words(call)...)
			if o.code != 0 || o.stdout != "" || o.stderr != "" {
				t.Errorf("%s: exit %d, stdout %q, stderr %q", w.ID, o.code, o.stdout, o.stderr)
			}
			records, err := contracttest.ReadStream([]byte(o.results), call)
			if err != nil {
				t.Errorf("%s: %v in\n%s", w.ID, err, o.results)
				continue
			}
			if records[0]["subject"] != "go" {
				t.Errorf("%s: subject %v", w.ID, records[0]["subject"])
			}
		}
	}
}

func TestResultsGoWhereTheEnvironmentSays(t *testing.T) {
	call := contracttest.Call{Workload: "channel", Tasks: 5, Workers: 1, Phases: 1, Seed: "3"}
	for _, c := range []struct {
		fd  int
		env []string
	}{{3, nil}, {3, []string{"FLOWBENCH_FD=3"}}, {7, []string{"FLOWBENCH_FD=7"}}, {3, []string{"FLOWBENCH_FD=9"}}, {0, nil}} {
		o := start(t, c.fd, c.env, words(call)...)
		text, other := o.results, o.stdout
		if c.fd == 0 {
			text, other = other, text
		}
		if _, err := contracttest.ReadStream([]byte(text), call); err != nil || other != "" || o.code != 0 {
			t.Errorf("descriptor %d, %v: exit %d, %v, got %+v", c.fd, c.env, o.code, err, o)
		}
	}
}

func TestDescribeNamesEveryWorkload(t *testing.T) {
	o := start(t, 3, nil, "--describe")
	described, err := contracttest.ReadDescribe([]byte(o.results))
	if err != nil || o.code != 0 {
		t.Fatalf("exit %d, %v in %s", o.code, err, o.results)
	}
	if got := described["workloads"].([]any); len(got) != len(workloads.All) {
		t.Errorf("%d workloads of %d", len(got), len(workloads.All))
	}
}

func TestUsageErrorsAreOneLineAndExit2(t *testing.T) {
	good := "--workload yield --tasks 10 --workers 2 --phases 1 --seed 7"
	for _, c := range []struct {
		args  string
		env   []string
		fault string
	}{
		{"", nil, "missing"},
		{strings.Replace(good, "yield", "yeild", 1), nil, `unknown workload "yeild"; one of: spawn_join`},
		{strings.Replace(good, "10", "ten", 1), nil, `--tasks "ten"`},
		{good, []string{"FLOWBENCH_FD=three"}, `FLOWBENCH_FD="three"`},
	} {
		o := start(t, 3, c.env, strings.Fields(c.args)...)
		if o.code != 2 || o.results != "" || o.stdout != "" || strings.Count(o.stderr, "\n") != 1 || !strings.Contains(o.stderr, c.fault) {
			t.Errorf("%q %v: got %+v, want exit 2 and one line with %s", c.args, c.env, o, c.fault)
		}
	}
}

func TestAResultFileThatIsFullIsAnError(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	command := exec.Command(os.Args[0], strings.Fields("--workload yield --tasks 10 --workers 2 --phases 1 --seed 7")...)
	command.Env = []string{"BE_THE_SUBJECT=1"}
	command.ExtraFiles = []*os.File{full}
	said, err := command.CombinedOutput()
	if command.ProcessState.ExitCode() != 1 || !strings.Contains(string(said), "no space left") {
		t.Errorf("%v, said %q", err, said)
	}
}
