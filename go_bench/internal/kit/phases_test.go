package kit

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"flowcoro/go_bench/internal/contracttest"
)

func options(phases int) Options {
	return Options{Workload: "w", Tasks: 3, Workers: 2, Phases: phases, Seed: 7}
}

func TestPhasesAreMeasuredAndCounted(t *testing.T) {
	for _, phases := range []int{0, 1, 4} {
		var out bytes.Buffer
		runs := 0
		work := func(c Case) Result {
			runs++
			for range c.Tasks {
				c.Sleepers.InFlight.Enter()
			}
			time.Sleep(2 * time.Millisecond)
			for range c.Tasks {
				c.Sleepers.Lateness.Count(5000)
				c.Sleepers.InFlight.Leave()
			}
			return Result{c.Tasks, c.Seed}
		}
		if err := writeRecord(&out, Hello{Head: head("hello"), Subject: "x", Workload: "w", Tasks: 3, Workers: 2}); err != nil {
			t.Fatal(err)
		}
		if err := runPhases(work, options(phases), &out); err != nil {
			t.Fatal(err)
		}
		records, err := contracttest.ReadStream(out.Bytes(), contracttest.Call{Workload: "w", Tasks: 3, Workers: 2, Phases: phases})
		if err != nil {
			t.Fatalf("%v in\n%s", err, &out)
		}
		if want := max(phases, 1); runs != want {
			t.Errorf("%d phases: the work ran %d times, not %d", phases, runs, want)
		}
		text := out.String()
		if n := strings.Count(text, `"max_in_flight":3,"early_wakes":0`); n != phases {
			t.Errorf("%d of %d samples say how many tasks were in flight", n, phases)
		}
		if last := records[len(records)-1]; last["answer"] != "7" {
			t.Errorf("the answer is %v", last["answer"])
		}
		if phases == 4 && !strings.Contains(text, `"buckets":[[8192,12]]`) {
			t.Errorf("the histogram does not count all phases:\n%s", text)
		}
	}
}

func TestPhasesSayHowTasksWaited(t *testing.T) {
	var out bytes.Buffer
	work := func(c Case) Result {
		c.Waiters.MostInFlight = 2
		c.Waiters.Delays[High].Count(1)
		c.Waiters.Delays[Low].Count(5000)
		return Result{c.Tasks, c.Seed}
	}
	if err := runPhases(work, options(2), &out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{
		`"max_in_flight":2}`, `"of":"queueing_high_ns","buckets":[[1024,2]]`, `"of":"queueing_low_ns","buckets":[[8192,2]]`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "queueing_normal_ns") || strings.Contains(text, "early_wakes") {
		t.Errorf("tells what was not counted:\n%s", text)
	}
}

func TestWallTimeIsThatOfTheWork(t *testing.T) {
	self, err := openProcess()
	if err != nil {
		t.Fatal(err)
	}
	defer self.close()
	_, sample, err := measure(self, func(Case) Result { time.Sleep(20 * time.Millisecond); return Result{} }, Case{})
	if err != nil {
		t.Fatal(err)
	}
	if sample.WallNS < 20_000_000 || sample.CPUNS >= sample.WallNS {
		t.Errorf("20 ms asleep took %d ns, %d ns of CPU", sample.WallNS, sample.CPUNS)
	}
	if sample.RSSBeforeBytes == 0 || sample.PeakRSSBytes < sample.RSSBeforeBytes {
		t.Errorf("memory before %d, at its peak %d", sample.RSSBeforeBytes, sample.PeakRSSBytes)
	}
}

func TestAPhaseThatDiffersEndsTheRun(t *testing.T) {
	runs := uint64(0)
	var out bytes.Buffer
	err := runPhases(func(Case) Result { runs++; return Result{3, runs} }, options(3), &out)
	if err == nil || !strings.Contains(err.Error(), "phase 1") || strings.Contains(out.String(), "done") {
		t.Errorf("got %v and\n%s", err, &out)
	}
}

func TestEarlyWakesAreThoseOfThePhase(t *testing.T) {
	var out bytes.Buffer
	err := runPhases(func(c Case) Result {
		c.Sleepers.InFlight.Enter()
		c.Sleepers.Lateness.Count(-1)
		c.Sleepers.InFlight.Leave()
		return Result{}
	}, options(2), &out)
	if n := strings.Count(out.String(), `"early_wakes":1`); err != nil || n != 2 {
		t.Errorf("%v, %d samples with one early wake in\n%s", err, n, &out)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestAFailedWriteIsAnError(t *testing.T) {
	for _, phases := range []int{0, 1} {
		err := runPhases(func(Case) Result { return Result{} }, options(phases), fullDisk{})
		if err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("%d phases: got %v", phases, err)
		}
	}
}
