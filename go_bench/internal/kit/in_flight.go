package kit

import "sync/atomic"

// InFlight knows the largest number of tasks that were between Enter and Leave at the same time.
type InFlight struct {
	now, most atomic.Int64
}

// Enter counts a task in.
func (f *InFlight) Enter() { f.now.Add(1) }

// Leave counts a task out. The maximum is taken here, because the number is never larger than just before someone
// leaves; and once the first has left, others only load it.
func (f *InFlight) Leave() {
	n := f.now.Add(-1) + 1
	for most := f.most.Load(); n > most; most = f.most.Load() {
		if f.most.CompareAndSwap(most, n) {
			return
		}
	}
}

// Most is the maximum so far. Call it when all tasks have left.
func (f *InFlight) Most() uint64 { return uint64(f.most.Load()) }
