package workloads

import (
	"sync"

	"flowcoro/go_bench/internal/kit"
)

// Mutex starts one goroutine per task; all add to one variable that one mutex guards.
func Mutex(c kit.Case) kit.Result {
	var account struct {
		sync.Mutex
		total uint64
		added int
	}
	var all sync.WaitGroup
	all.Add(c.Tasks)
	for i := range uint64(c.Tasks) {
		x := c.Seed + i
		go func() {
			value := kit.Mix(x)
			account.Lock()
			account.total += value
			account.added++
			account.Unlock()
			all.Done()
		}()
	}
	all.Wait()
	return kit.Result{Completed: account.added, Answer: account.total}
}
