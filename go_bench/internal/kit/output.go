package kit

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// resultFile is where the records go: the descriptor that FLOWBENCH_FD names, else 3, else stdout.
// Call it before anything that may open a file, the runtime's poller included, lest that file be number 3.
func resultFile(getenv func(string) string) (*os.File, error) {
	if name := getenv("FLOWBENCH_FD"); name != "" {
		fd, err := strconv.ParseUint(name, 10, 31)
		if err != nil {
			return nil, fmt.Errorf("FLOWBENCH_FD=%q is not the number of a file descriptor", name)
		}
		if writable(uintptr(fd)) {
			return os.NewFile(uintptr(fd), "results"), nil
		}
	}
	if writable(3) {
		return os.NewFile(3, "results"), nil
	}
	return os.Stdout, nil
}

// writable asks for more than "open": a descriptor that the parent leaked or the runtime holds is mostly read-only.
func writable(fd uintptr) bool {
	flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_GETFL, 0)
	return errno == 0 && flags&syscall.O_ACCMODE != syscall.O_RDONLY
}
