package kit

import (
	"fmt"
	"io"
	"time"
)

// Case is the work of one phase. Sleepers and Waiters are new in each phase.
type Case struct {
	Tasks    int
	Workers  int
	Seed     uint64
	Sleepers *Sleepers
	Waiters  *Waiters
}

// Sleepers is what the workload sleep reports. Lateness goes on over all phases; other workloads leave both alone.
type Sleepers struct {
	InFlight InFlight
	Lateness *Lateness
}

// Result is what a phase has joined.
type Result struct {
	Completed int
	Answer    uint64
}

// Workload runs one phase from the calling goroutine, which is its root task, and returns when every task has ended.
type Workload func(Case) Result

// runPhases runs the workload o.Phases times, writes a sample for each, then the histograms and done.
// With no phases it runs the work once, unmeasured, for its answer.
func runPhases(work Workload, o Options, out io.Writer) error {
	self, err := openProcess()
	if err != nil {
		return err
	}
	defer self.close()
	var lateness Lateness
	var delays [Priorities]TimeHistogram
	newCase := func() Case {
		return Case{o.Tasks, o.Workers, o.Seed, &Sleepers{Lateness: &lateness}, &Waiters{Delays: &delays}}
	}
	if o.Phases == 0 {
		result := work(newCase())
		return writeRecord(out, Done{head("done"), result.Completed, result.Answer})
	}
	var first Result
	for i := range o.Phases {
		c, earlyBefore := newCase(), lateness.Early()
		result, sample, err := measure(self, work, c)
		if err != nil {
			return err
		}
		if i == 0 {
			first = result
		} else if result != first {
			return fmt.Errorf("phase %d gave %+v, phase 0 gave %+v", i, result, first)
		}
		sample.I = i
		if most := c.Sleepers.InFlight.Most(); most > 0 {
			early := lateness.Early() - earlyBefore
			sample.MaxInFlight, sample.EarlyWakes = &most, &early
		}
		if most := c.Waiters.MostInFlight; most > 0 {
			sample.MaxInFlight = &most
		}
		if err := writeRecord(out, sample); err != nil {
			return err
		}
	}
	if err := writeHistogram(out, "lateness_ns", lateness.Buckets()); err != nil {
		return err
	}
	for p := range delays {
		if err := writeHistogram(out, queueingNames[p], delays[p].Buckets()); err != nil {
			return err
		}
	}
	return writeRecord(out, Done{head("done"), first.Completed, first.Answer})
}

// writeHistogram writes nothing where nothing was counted.
func writeHistogram(out io.Writer, of string, buckets [][2]uint64) error {
	if len(buckets) == 0 {
		return nil
	}
	return writeRecord(out, Histogram{head("histogram"), of, buckets})
}

// measure runs one phase. Memory is read outside the clocks, and the wall clock inside the CPU clock.
func measure(self *process, work Workload, c Case) (Result, Sample, error) {
	fail := func(err error) (Result, Sample, error) { return Result{}, Sample{}, err }
	before, err := self.bytes("VmRSS")
	if err != nil {
		return fail(err)
	}
	cpuStart, err := cpuTime()
	if err != nil {
		return fail(err)
	}
	start := time.Now()
	result := work(c)
	wall := time.Since(start)
	cpuEnd, err := cpuTime()
	if err != nil {
		return fail(err)
	}
	peak, err := self.bytes("VmHWM")
	if err != nil {
		return fail(err)
	}
	return result, Sample{Head: head("sample"), WallNS: uint64(wall), CPUNS: cpuEnd - cpuStart,
		RSSBeforeBytes: before, PeakRSSBytes: peak}, nil
}
