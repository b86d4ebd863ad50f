package workloads

import "flowcoro/go_bench/internal/kit"

// Compute is FanOut with about 1 µs of work in each task.
func Compute(c kit.Case) kit.Result { return fanOut(c, kit.Rounds) }
