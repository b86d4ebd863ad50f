package kit

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

// process reads what the system knows about this process. It allocates nothing once it is open.
type process struct {
	status *os.File
	text   [8192]byte
}

func openProcess() (*process, error) {
	status, err := os.Open("/proc/self/status")
	if err != nil {
		return nil, err
	}
	return &process{status: status}, nil
}

func (p *process) close() error { return p.status.Close() }

// bytes gives a field of /proc/self/status, VmRSS or VmHWM.
func (p *process) bytes(field string) (uint64, error) {
	n, err := p.status.ReadAt(p.text[:], 0)
	if n == 0 {
		return 0, fmt.Errorf("/proc/self/status: %w", err)
	}
	return statusBytes(p.text[:n], field)
}

// statusBytes finds "field:   123 kB" among the lines of status.
func statusBytes(status []byte, field string) (uint64, error) {
	for len(status) > 0 {
		line, rest, _ := bytes.Cut(status, []byte("\n"))
		status = rest
		name, value, found := bytes.Cut(line, []byte(":"))
		if !found || string(name) != field {
			continue
		}
		number, isKB := bytes.CutSuffix(bytes.TrimSpace(value), []byte(" kB"))
		kb, err := strconv.ParseUint(string(number), 10, 54)
		if !isKB || err != nil {
			return 0, fmt.Errorf("/proc/self/status: cannot read %q", line)
		}
		return kb * 1024, nil
	}
	return 0, fmt.Errorf("/proc/self/status has no %s", field)
}

// cpuTime is the CPU time of all threads of the process in ns. getrusage would round it to 1 µs.
func cpuTime() (uint64, error) {
	const processCPUTime = 2 // CLOCK_PROCESS_CPUTIME_ID of linux/time.h, which package syscall lacks
	var t syscall.Timespec
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, processCPUTime, uintptr(unsafe.Pointer(&t)), 0); errno != 0 {
		return 0, fmt.Errorf("clock_gettime: %w", errno)
	}
	return uint64(t.Nano()), nil
}
