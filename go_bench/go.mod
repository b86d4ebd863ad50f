module flowcoro/go_bench

go 1.26
