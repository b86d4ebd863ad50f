package workloads

import (
	"sync"
	"sync/atomic"
	"testing"

	"flowcoro/go_bench/internal/kit"
)

func TestPoolStartsTheHighestFirstAndOfThatTheOldest(t *testing.T) {
	var order []int
	first := make(chan struct{})
	p := pool[int]{limit: 1, run: func(i int) {
		if i == 0 {
			<-first
		}
		order = append(order, i)
	}}
	p.all.Add(6)
	p.submit(kit.Low, 0) // takes the only place
	for i, priority := range []kit.Priority{kit.Low, kit.Normal, kit.Normal, kit.High, kit.Low} {
		p.submit(priority, i+1)
	}
	close(first)
	p.all.Wait()
	want := []int{0, 4, 2, 3, 1, 5}
	for k := range want {
		if order[k] != want[k] {
			t.Fatalf("started in the order %v, want %v", order, want)
		}
	}
}

func TestPoolKeepsItsLimitAndUsesAllOfIt(t *testing.T) {
	const limit, tasks = 3, 1_000
	var now, most atomic.Int64
	var full sync.WaitGroup
	full.Add(limit)
	p := pool[int]{limit: limit, run: func(i int) {
		if n := now.Add(1); n > limit {
			most.Store(n)
		}
		if i < limit { // the first ones wait for each other, so that all are there at once
			full.Done()
			full.Wait()
		}
		now.Add(-1)
	}}
	p.all.Add(tasks)
	for i := range tasks {
		p.submit(kit.PriorityOf(1, uint64(i)), i)
	}
	p.all.Wait()
	if most.Load() != 0 || p.most != limit {
		t.Errorf("%d ran at once, the pool says %d; the limit is %d", most.Load(), p.most, limit)
	}
}

func TestPoolPriorityCountsTheWaitOfEveryTask(t *testing.T) {
	const tasks = 1_000
	c := newCase(tasks, 7)
	PoolPriority(c)
	if c.Waiters.MostInFlight > kit.PoolLimit || c.Waiters.MostInFlight == 0 {
		t.Errorf("%d in flight", c.Waiters.MostInFlight)
	}
	for priority, want := range map[kit.Priority]uint64{kit.High: tasks / 10, kit.Normal: tasks * 6 / 10, kit.Low: tasks * 3 / 10} {
		var counted uint64
		for _, bucket := range c.Waiters.Delays[priority].Buckets() {
			counted += bucket[1]
		}
		if counted != want {
			t.Errorf("priority %d: %d delays, want %d", priority, counted, want)
		}
	}
}
