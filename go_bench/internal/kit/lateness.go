package kit

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Lateness counts wake-ups by how late they were, in powers of two from 1024 ns, and those that came early.
type Lateness struct {
	early   atomic.Uint64
	buckets [64 - 10]atomic.Uint64 // bucket k holds what is at most 1024 << k, and above the one before
}

// Count takes one wake-up: the time from its due time to when the task ran. Any goroutine may call it.
func (l *Lateness) Count(late time.Duration) {
	switch {
	case late < 0:
		l.early.Add(1)
	case late == 0:
		l.buckets[0].Add(1)
	default:
		l.buckets[bits.Len64(uint64(late-1)>>10)].Add(1)
	}
}

// Early is the number of wake-ups before their time.
func (l *Lateness) Early() uint64 { return l.early.Load() }

// Buckets gives [upper bound, count] for each bucket that holds something, bounds rising.
func (l *Lateness) Buckets() [][2]uint64 {
	filled := [][2]uint64{}
	for k := range l.buckets {
		if n := l.buckets[k].Load(); n > 0 {
			filled = append(filled, [2]uint64{1024 << k, n})
		}
	}
	return filled
}
