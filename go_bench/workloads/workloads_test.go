package workloads

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"flowcoro/go_bench/internal/kit"
)

// plainAnswer does the work of a workload in a plain loop, with arithmetic written a second time from the contract.
func plainAnswer(workload string, tasks int, seed uint64) uint64 {
	mix := func(x uint64) uint64 {
		x += 0x9e3779b97f4a7c15
		x ^= x >> 30
		x *= 0xbf58476d1ce4e5b9
		x ^= x >> 27
		x *= 0x94d049bb133111eb
		return x ^ x>>31
	}
	rounds := func(x uint64) uint64 {
		for n := 0; n < 300; n++ {
			x = mix(x)
		}
		return x
	}
	var sum uint64
	chain, hash := seed, uint64(0xcbf29ce484222325)
	for i := 0; i < tasks; i++ {
		x := seed + uint64(i)
		switch workload {
		case "compute", "pool_priority":
			sum += rounds(x)
		case "request":
			for _, b := range []byte(fmt.Sprintf("req-%016x", rounds(rounds(x)))) {
				hash = (hash ^ uint64(b)) * 0x100000001b3
			}
		case "channel":
			chain = mix(chain ^ mix(x))
		default:
			sum += mix(x)
		}
	}
	switch workload {
	case "request":
		return hash
	case "channel":
		return chain
	}
	return sum
}

func newCase(tasks int, seed uint64) kit.Case {
	return kit.Case{Tasks: tasks, Workers: 2, Seed: seed,
		Sleepers: &kit.Sleepers{Lateness: new(kit.Lateness)},
		Waiters:  &kit.Waiters{Delays: new([kit.Priorities]kit.TimeHistogram)}}
}

func TestEveryWorkloadGivesTheAnswerOfAPlainLoop(t *testing.T) {
	for _, w := range All {
		for _, tasks := range []int{1, 2, 9, 10, 11, 128, 129, 999, 1_000, 1_001, 2_345} {
			if w.ID == "sleep" && tasks > 1_000 {
				tasks = 1_000 + tasks%7 // still another sleep time, less to wait for
			}
			for _, seed := range []uint64{0, 7, 1<<64 - 3} {
				c := newCase(tasks, seed)
				want := kit.Result{Completed: tasks, Answer: plainAnswer(w.ID, tasks, seed)}
				if got := w.Run(c); got != want {
					t.Errorf("%s of %d tasks, seed %d: got %+v, want %+v", w.ID, tasks, seed, got, want)
				}
			}
		}
	}
}

func TestEveryWorkloadOfTheCatalogIsThere(t *testing.T) {
	text, err := os.ReadFile("../../harness/contract/catalog.json")
	if err != nil {
		t.Fatal(err)
	}
	var catalog struct{ Workloads []struct{ ID string } }
	if err := json.Unmarshal(text, &catalog); err != nil {
		t.Fatal(err)
	}
	if len(catalog.Workloads) != len(All) {
		t.Fatalf("%d workloads in the catalog, %d here", len(catalog.Workloads), len(All))
	}
	for i, w := range catalog.Workloads {
		if All[i].ID != w.ID {
			t.Errorf("workload %d is %q in the catalog, %q here", i, w.ID, All[i].ID)
		}
	}
}

func TestAllTasksSleepAtOnceAndNoneWakesEarly(t *testing.T) {
	const tasks = 1_000
	lateness := new(kit.Lateness)
	sleepers := &kit.Sleepers{Lateness: lateness}
	start := time.Now()
	Sleep(kit.Case{Tasks: tasks, Workers: 2, Seed: 7, Sleepers: sleepers})
	if took := time.Since(start); took < 10*time.Millisecond {
		t.Errorf("took %v, less than the sleep", took)
	}
	if most := sleepers.InFlight.Most(); most != tasks {
		t.Errorf("%d tasks were asleep at once, not %d", most, tasks)
	}
	if early := lateness.Early(); early != 0 {
		t.Errorf("%d tasks woke early", early)
	}
	var counted uint64
	for _, bucket := range lateness.Buckets() {
		counted += bucket[1]
	}
	if counted != tasks {
		t.Errorf("the histogram counts %d tasks, not %d", counted, tasks)
	}
}

func TestSleepTimeGrowsWithTheTasks(t *testing.T) {
	for tasks, want := range map[int]time.Duration{
		1: 10 * time.Millisecond, 1_000: 10 * time.Millisecond, 1_001: 100 * time.Millisecond, 10_000: 100 * time.Millisecond,
		10_001: time.Second, 100_000: time.Second, 100_001: 10 * time.Second,
	} {
		if got := sleepTime(tasks); got != want {
			t.Errorf("%d tasks sleep %v, want %v", tasks, got, want)
		}
	}
}

func TestRequestNameKeepsLeadingZeros(t *testing.T) {
	if got, want := requestName(0xab), "req-00000000000000ab"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
