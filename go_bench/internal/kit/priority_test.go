package kit

import (
	"testing"
	"time"
)

func TestEachTenIsSharedExactly(t *testing.T) {
	for _, seed := range []uint64{0, 7, 1<<64 - 4} {
		for ten := range uint64(100) {
			var counts [Priorities]int
			for i := ten * 10; i < ten*10+10; i++ {
				counts[PriorityOf(seed, i)]++
			}
			if counts != [Priorities]int{1, 6, 3} {
				t.Errorf("seed %d, ten %d: %v", seed, ten, counts)
			}
		}
	}
}

// The same numbers stand in the tests of every language.
func TestPriorityIsTheSameRuleInEveryLanguage(t *testing.T) {
	var highs, lows uint64
	for i := range uint64(64) {
		switch PriorityOf(42, i) {
		case High:
			highs |= 1 << i
		case Low:
			lows |= 1 << i
		}
	}
	if highs != 0x8080800420000480 || lows != 0x707070039c0e0070 {
		t.Errorf("high %#x, low %#x", highs, lows)
	}
}

func TestDelaysAreCountedByPriority(t *testing.T) {
	w := Waiters{Delays: new([Priorities]TimeHistogram)}
	w.Started(Normal, time.Now().Add(-time.Hour))
	if len(w.Delays[High].Buckets())+len(w.Delays[Low].Buckets()) != 0 {
		t.Error("another priority counts it too")
	}
	// 3.6e12 ns lies between 2^41 and 2^42.
	if b := w.Delays[Normal].Buckets(); len(b) != 1 || b[0] != [2]uint64{1 << 42, 1} {
		t.Errorf("buckets %v", b)
	}
}
