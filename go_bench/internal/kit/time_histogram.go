package kit

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// TimeHistogram counts times in powers of two from 1024 ns.
type TimeHistogram struct {
	buckets [64 - 10]atomic.Uint64 // bucket k holds what is at most 1024 << k, and above the one before
}

// Count takes one time; below 0 it counts as 0. Any goroutine may call it.
func (h *TimeHistogram) Count(t time.Duration) {
	if t <= 0 {
		h.buckets[0].Add(1)
	} else {
		h.buckets[bits.Len64(uint64(t-1)>>10)].Add(1)
	}
}

// Buckets gives [upper bound, count] for each bucket that holds something, bounds rising.
func (h *TimeHistogram) Buckets() [][2]uint64 {
	filled := [][2]uint64{}
	for k := range h.buckets {
		if n := h.buckets[k].Load(); n > 0 {
			filled = append(filled, [2]uint64{1024 << k, n})
		}
	}
	return filled
}
