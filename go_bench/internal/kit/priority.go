package kit

import "time"

// PoolLimit is how many tasks of pool_priority may be under way at once.
const PoolLimit = 64

// Priority says which of the waiting tasks starts first.
type Priority uint8

// The priorities, in the order in which they start.
const (
	High Priority = iota
	Normal
	Low
	Priorities = 3
)

// PriorityOf is the priority of task i: of each ten tasks one after the other one is high, six are normal and three are low.
// The seed turns each ten by a step of its own.
func PriorityOf(seed, i uint64) Priority {
	turned := (Mix(seed+i/10)%10 + i) % 10
	switch {
	case turned == 0:
		return High
	case turned <= 6:
		return Normal
	default:
		return Low
	}
}

// queueingNames are the names of the histograms, by priority.
var queueingNames = [Priorities]string{"queueing_high_ns", "queueing_normal_ns", "queueing_low_ns"}

// Waiters is what the workload pool_priority reports. Delays go on over all phases; other workloads leave both alone.
type Waiters struct {
	MostInFlight uint64
	Delays       *[Priorities]TimeHistogram
}

// Started counts the time from the submission of a task to now, which is the start of its body. Any goroutine may call it.
func (w *Waiters) Started(p Priority, submitted time.Time) { w.Delays[p].Count(time.Since(submitted)) }
