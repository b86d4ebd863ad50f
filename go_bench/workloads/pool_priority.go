package workloads

import (
	"sync"
	"time"

	"flowcoro/go_bench/internal/kit"
)

// PoolPriority runs the tasks in at most 64 goroutines; those that find no place wait by priority.
func PoolPriority(c kit.Case) kit.Result {
	values := make([]uint64, c.Tasks)
	p := pool[waiting]{limit: kit.PoolLimit, run: func(w waiting) {
		c.Waiters.Started(w.priority, w.submitted)
		values[w.i] = kit.Rounds(c.Seed + uint64(w.i))
	}}
	p.all.Add(c.Tasks)
	for i := range values {
		priority := kit.PriorityOf(c.Seed, uint64(i))
		p.submit(priority, waiting{i, priority, time.Now()})
	}
	p.all.Wait()
	c.Waiters.MostInFlight = uint64(p.most)
	return sum(values)
}

// waiting is a task that was submitted.
type waiting struct {
	i         int
	priority  kit.Priority
	submitted time.Time
}

// pool runs each task in a goroutine of its own place. One that ends gives its place to the first that waits, and its goroutine
// goes on with it: a goroutine for each task, and channels for each priority with a dispatcher that selects from them, take longer.
type pool[T any] struct {
	limit int
	run   func(T)
	all   sync.WaitGroup

	lock    sync.Mutex // guards all below
	waiting [kit.Priorities]fifo[T]
	places  int // taken
	most    int
}

func (p *pool[T]) submit(priority kit.Priority, task T) {
	p.lock.Lock()
	if p.places == p.limit {
		p.waiting[priority].put(task)
		p.lock.Unlock()
		return
	}
	p.places++
	p.most = max(p.most, p.places)
	p.lock.Unlock()
	go p.work(task)
}

func (p *pool[T]) work(task T) {
	for more := true; more; {
		p.run(task)
		task, more = p.next()
		p.all.Done()
	}
}

// next takes the first task by priority, or gives the place back.
func (p *pool[T]) next() (task T, more bool) {
	p.lock.Lock()
	defer p.lock.Unlock()
	for priority := range p.waiting {
		if task, more = p.waiting[priority].take(); more {
			return task, true
		}
	}
	p.places--
	return task, false
}

// fifo gives tasks in the order in which they came.
type fifo[T any] struct {
	tasks []T
	taken int
}

func (f *fifo[T]) put(task T) { f.tasks = append(f.tasks, task) }

func (f *fifo[T]) take() (task T, found bool) {
	if f.taken == len(f.tasks) {
		f.tasks, f.taken = f.tasks[:0], 0
		return task, false
	}
	task = f.tasks[f.taken]
	f.taken++
	return task, true
}
