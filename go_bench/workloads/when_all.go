package workloads

import (
	"sync"

	"flowcoro/go_bench/internal/kit"
)

// WhenAll starts the tasks in groups of 10, 100 and 1,000 in turn, and waits for each group before the next.
func WhenAll(c kit.Case) kit.Result {
	sizes := [...]int{10, 100, 1_000}
	values := make([]uint64, min(c.Tasks, sizes[len(sizes)-1]))
	var done kit.Result
	for turn := 0; done.Completed < c.Tasks; turn++ {
		group := values[:min(sizes[turn%len(sizes)], c.Tasks-done.Completed)]
		var all sync.WaitGroup
		all.Add(len(group))
		for i := range group {
			go mixTask(c.Seed+uint64(done.Completed+i), &group[i], &all)
		}
		all.Wait()
		joined := sum(group)
		done.Answer += joined.Answer
		done.Completed += joined.Completed
	}
	return done
}
