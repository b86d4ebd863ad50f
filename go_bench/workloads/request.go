package workloads

import (
	"encoding/binary"
	"encoding/hex"
	"sync"
	"time"

	"flowcoro/go_bench/internal/kit"
)

// Request starts one goroutine per task; each computes, waits as if for a peer, computes again and answers with a string.
func Request(c kit.Case) kit.Result {
	answers := make([]string, c.Tasks)
	var all sync.WaitGroup
	all.Add(c.Tasks)
	for i := range answers {
		go requestTask(c.Seed+uint64(i), &answers[i], &all)
	}
	all.Wait()
	hash := uint64(kit.FNVOffset)
	for _, s := range answers {
		hash = kit.FNV(hash, s)
	}
	return kit.Result{Completed: len(answers), Answer: hash}
}

func requestTask(x uint64, answer *string, all *sync.WaitGroup) {
	a := kit.Rounds(x)
	time.Sleep(5 * time.Millisecond)
	*answer = requestName(kit.Rounds(a))
	all.Done()
}

// requestName is "req-" and 16 hexadecimal digits, in one allocation.
func requestName(b uint64) string {
	var text [20]byte
	var digits [8]byte
	binary.BigEndian.PutUint64(digits[:], b)
	copy(text[:], "req-")
	hex.Encode(text[4:], digits[:])
	return string(text[:])
}
