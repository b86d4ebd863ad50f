package kit

import (
	"testing"
	"time"
)

const statusText = "Name:\tVmRSS: 7 kB\nVmPeak:\t  9999 kB\nVmHWM:\t    4096 kB\nVmRSS:\t     123 kB\nThreads:\t1\n"

func TestStatusBytes(t *testing.T) {
	for field, want := range map[string]uint64{"VmRSS": 123 * 1024, "VmHWM": 4096 * 1024} {
		if got, err := statusBytes([]byte(statusText), field); err != nil || got != want {
			t.Errorf("%s: got %d, %v, want %d", field, got, err, want)
		}
	}
	for _, field := range []string{"VmSwap", "Threads", "Name"} {
		if got, err := statusBytes([]byte(statusText), field); err == nil {
			t.Errorf("%s: got %d, want an error", field, got)
		}
	}
}

func TestTouchedMemoryShows(t *testing.T) {
	self, err := openProcess()
	if err != nil {
		t.Fatal(err)
	}
	defer self.close()
	before, err := self.bytes("VmRSS")
	if err != nil {
		t.Fatal(err)
	}
	const size = 64 << 20
	touched := make([]byte, size)
	for i := 0; i < size; i += 4096 {
		touched[i] = 1
	}
	peak, err := self.bytes("VmHWM")
	if err != nil {
		t.Fatal(err)
	}
	if grown := int64(peak) - int64(before); grown < size*9/10 {
		t.Errorf("%d bytes touched, the peak grew by %d", len(touched), grown)
	}
}

func TestCPUTimeRunsWhileWeCompute(t *testing.T) {
	before, err := cpuTime()
	if err != nil {
		t.Fatal(err)
	}
	x := uint64(1)
	for start := time.Now(); time.Since(start) < 20*time.Millisecond; {
		x = Rounds(x)
	}
	after, err := cpuTime()
	if err != nil || after <= before || x == 0 {
		t.Errorf("CPU time went from %d to %d, %v", before, after, err)
	}
}

func TestReadingTheProcessAllocatesNothing(t *testing.T) {
	self, err := openProcess()
	if err != nil {
		t.Fatal(err)
	}
	defer self.close()
	if n := testing.AllocsPerRun(10, func() {
		if _, err := self.bytes("VmHWM"); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
