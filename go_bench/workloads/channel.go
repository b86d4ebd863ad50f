package workloads

import "flowcoro/go_bench/internal/kit"

// Channel sends every message from one goroutine to another through a channel of capacity 128.
func Channel(c kit.Case) kit.Result {
	messages := make(chan uint64, 128)
	received := make(chan kit.Result, 1)
	go produce(c, messages)
	go consume(c.Seed, messages, received)
	return <-received
}

func produce(c kit.Case, messages chan<- uint64) {
	for i := range uint64(c.Tasks) {
		messages <- kit.Mix(c.Seed + i)
	}
	close(messages)
}

func consume(seed uint64, messages <-chan uint64, received chan<- kit.Result) {
	hash, count := seed, 0
	for m := range messages {
		hash = kit.Mix(hash ^ m)
		count++
	}
	received <- kit.Result{Completed: count, Answer: hash}
}
