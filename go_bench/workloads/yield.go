package workloads

import (
	"runtime"
	"sync"

	"flowcoro/go_bench/internal/kit"
)

// Yield starts one goroutine per task; each goes back to the scheduler ten times before it ends.
func Yield(c kit.Case) kit.Result {
	values := make([]uint64, c.Tasks)
	var all sync.WaitGroup
	all.Add(c.Tasks)
	for i := range values {
		go yieldTask(c.Seed+uint64(i), &values[i], &all)
	}
	all.Wait()
	return sum(values)
}

func yieldTask(x uint64, value *uint64, all *sync.WaitGroup) {
	*value = kit.Mix(x)
	for range 10 {
		runtime.Gosched()
	}
	all.Done()
}
