// The subject "go": every workload of the catalog on goroutines, channels and package sync.
package main

import (
	"os"

	"flowcoro/go_bench/internal/kit"
	"flowcoro/go_bench/workloads"
)

func main() {
	subject := kit.Subject{ID: "go", Workloads: workloads.All}
	os.Exit(subject.Main(os.Args[1:], os.Getenv, os.Stderr))
}
