// Package workloads does each workload of the catalog the way Go does such a thing.
package workloads

import "flowcoro/go_bench/internal/kit"

// All holds the workloads in the order of the catalog.
var All = []kit.Named{
	{ID: "spawn_join", Run: SpawnJoin},
	{ID: "fan_out", Run: FanOut},
	{ID: "compute", Run: Compute},
	{ID: "yield", Run: Yield},
	{ID: "sleep", Run: Sleep},
	{ID: "request", Run: Request},
	{ID: "channel", Run: Channel},
	{ID: "mutex", Run: Mutex},
	{ID: "await_chain", Run: AwaitChain},
	{ID: "when_all", Run: WhenAll},
	{ID: "pool_priority", Run: PoolPriority},
}

// sum joins the values of all tasks.
func sum(values []uint64) kit.Result {
	var total uint64
	for _, v := range values {
		total += v
	}
	return kit.Result{Completed: len(values), Answer: total}
}
