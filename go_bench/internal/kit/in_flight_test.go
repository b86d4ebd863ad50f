package kit

import (
	"sync"
	"testing"
)

func TestInFlightKeepsItsMaximum(t *testing.T) {
	var f InFlight
	steps := []struct {
		step func()
		most uint64
	}{{f.Enter, 0}, {f.Leave, 1}, {f.Enter, 1}, {f.Enter, 1}, {f.Enter, 1}, {f.Leave, 3}, {f.Leave, 3}, {f.Leave, 3}}
	for i, s := range steps {
		s.step()
		if got := f.Most(); got != s.most {
			t.Errorf("after step %d: got %d, want %d", i, got, s.most)
		}
	}
}

func TestInFlightCountsGoroutinesThatAreAllIn(t *testing.T) {
	const tasks = 500
	var f InFlight
	var in, out sync.WaitGroup
	in.Add(tasks)
	out.Add(tasks)
	for range tasks {
		go func() {
			f.Enter()
			in.Done()
			in.Wait()
			f.Leave()
			out.Done()
		}()
	}
	out.Wait()
	if got := f.Most(); got != tasks {
		t.Errorf("got %d, want %d", got, tasks)
	}
}
