package workloads

import (
	"runtime"

	"flowcoro/go_bench/internal/kit"
)

const chainDepth = 1_000

// AwaitChain runs chains one after the other. Each level is a goroutine that starts the next level and waits for its value.
func AwaitChain(c kit.Case) kit.Result {
	// Level k of every chain answers on results[k]; chains do not overlap, so the channels serve them all.
	// A place in the channel lets a child that is faster than its parent end without waiting for it.
	results := make([]chan uint64, min(chainDepth, c.Tasks))
	for k := range results {
		results[k] = make(chan uint64, 1)
	}
	var done kit.Result
	for done.Completed < c.Tasks {
		depth := min(chainDepth, c.Tasks-done.Completed)
		go awaitLevel(c.Seed+uint64(done.Completed), results[:depth])
		done.Answer += <-results[0]
		done.Completed += depth
	}
	return done
}

// awaitLevel answers on results[0] with its own value and that of the levels below it, which answer on the rest.
func awaitLevel(x uint64, results []chan uint64) {
	own := kit.Mix(x)
	if below := results[1:]; len(below) > 0 {
		go awaitLevel(x+1, below)
		own += <-below[0]
	} else {
		runtime.Gosched() // so that every parent is really suspended
	}
	results[0] <- own
}
