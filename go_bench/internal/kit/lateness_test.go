package kit

import (
	"math"
	"reflect"
	"testing"
	"time"
)

func TestLatenessBounds(t *testing.T) {
	var l Lateness
	for _, late := range []time.Duration{0, 1, 1024, 1025, 2048, 2049, 1 << 30, 1<<30 + 1, math.MaxInt64} {
		l.Count(late)
	}
	want := [][2]uint64{{1024, 3}, {2048, 2}, {4096, 1}, {1 << 30, 1}, {1 << 31, 1}, {1 << 63, 1}}
	if got := l.Buckets(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if l.Early() != 0 {
		t.Errorf("%d early, want none", l.Early())
	}
}

func TestAnEarlyWakeIsNotInTheHistogram(t *testing.T) {
	var l Lateness
	l.Count(-1)
	l.Count(math.MinInt64)
	if got := l.Early(); got != 2 {
		t.Errorf("%d early, want 2", got)
	}
	if got := l.Buckets(); len(got) != 0 {
		t.Errorf("got %v, want no bucket", got)
	}
}
