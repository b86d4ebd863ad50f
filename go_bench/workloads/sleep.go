package workloads

import (
	"sync"
	"time"

	"flowcoro/go_bench/internal/kit"
)

// Sleep starts one goroutine per task; all are asleep at the same time.
func Sleep(c kit.Case) kit.Result {
	values := make([]uint64, c.Tasks)
	d := sleepTime(c.Tasks)
	var all sync.WaitGroup
	all.Add(c.Tasks)
	for i := range values {
		go sleepTask(c.Seed+uint64(i), d, c.Sleepers, &values[i], &all)
	}
	all.Wait()
	return sum(values)
}

func sleepTask(x uint64, d time.Duration, sleepers *kit.Sleepers, value *uint64, all *sync.WaitGroup) {
	sleepers.InFlight.Enter()
	start := time.Now()
	time.Sleep(d)
	sleepers.Lateness.Count(time.Since(start) - d)
	sleepers.InFlight.Leave()
	*value = kit.Mix(x)
	all.Done()
}

// sleepTime is long enough to start all tasks before the first one wakes.
func sleepTime(tasks int) time.Duration {
	switch {
	case tasks <= 1_000:
		return 10 * time.Millisecond
	case tasks <= 10_000:
		return 100 * time.Millisecond
	case tasks <= 100_000:
		return time.Second
	default:
		return 10 * time.Second
	}
}
