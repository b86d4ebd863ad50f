package workloads

import (
	"sync"

	"flowcoro/go_bench/internal/kit"
)

// SpawnJoin starts one goroutine per task, each with a place of its own for its value, and waits for all.
func SpawnJoin(c kit.Case) kit.Result {
	values := make([]uint64, c.Tasks)
	var all sync.WaitGroup
	all.Add(c.Tasks)
	for i := range values {
		// Arguments, not captured variables: the closure that the compiler makes is 32 bytes, not 64.
		go mixTask(c.Seed+uint64(i), &values[i], &all)
	}
	all.Wait()
	return sum(values)
}

func mixTask(x uint64, value *uint64, all *sync.WaitGroup) {
	*value = kit.Mix(x)
	all.Done()
}
