package kit

import (
	"sync/atomic"
	"time"
)

// Lateness counts wake-ups by how late they were, and those that came early.
type Lateness struct {
	early atomic.Uint64
	times TimeHistogram
}

// Count takes one wake-up: the time from its due time to when the task ran. Any goroutine may call it.
func (l *Lateness) Count(late time.Duration) {
	if late < 0 {
		l.early.Add(1)
	} else {
		l.times.Count(late)
	}
}

// Early is the number of wake-ups before their time.
func (l *Lateness) Early() uint64 { return l.early.Load() }

// Buckets gives [upper bound, count] for each bucket that holds something, bounds rising.
func (l *Lateness) Buckets() [][2]uint64 { return l.times.Buckets() }
