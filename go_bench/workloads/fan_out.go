package workloads

import (
	"runtime"
	"sync"

	"flowcoro/go_bench/internal/kit"
)

// FanOut runs N independent tasks. Any of them could block without holding up another, so each is a goroutine.
func FanOut(c kit.Case) kit.Result { return fanOut(c, kit.Mix) }

// spawnBurst is half the local run queue of a P (256 places): the other half is for what the tasks themselves start.
const spawnBurst = 128

func fanOut(c kit.Case, task func(uint64) uint64) kit.Result {
	values := make([]uint64, c.Tasks)
	var all sync.WaitGroup
	all.Add(c.Tasks)
	for i := range values {
		x, value := c.Seed+uint64(i), &values[i]
		go func() {
			*value = task(x)
			all.Done()
		}()
		if i%spawnBurst == spawnBurst-1 {
			// Lets the queue drain before it spills over into the global one. Goroutines that have ended are used again,
			// so tasks that do not block need few stacks.
			runtime.Gosched()
		}
	}
	all.Wait()
	return sum(values)
}
