# The front door. Each target sees to its tools first; what does not fit in a line lives in scripts/.
# make turns every failure into exit code 2; results/latest and the last lines printed say which it was, and
# `scripts/bench`, `scripts/test` and `scripts/check` called directly give the exit codes of README.md.
SHELL := bash
PYTHON := .venv/bin/python
RUN ?= results/latest

.PHONY: help build bench test report gate gate-selftest gate-nightly micro stress fuzz check clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 22

build: ## build the runtime, flowbench and every subject (build/release)
	@scripts/bootstrap build
	@$(PYTHON) scripts/build

bench: ## measure all subjects and write the report; options in BENCH_ARGS="--quick"
	@scripts/bootstrap bench
	@$(PYTHON) scripts/bench $(BENCH_ARGS)

report: ## write the report of RUN again (default results/latest)
	@scripts/bootstrap bench
	@$(PYTHON) scripts/report $(RUN)

gate: ## compare with a commit, BASE=origin/main: slower or larger? options in GATE_ARGS="--quick"
	@scripts/bootstrap bench
	@$(PYTHON) scripts/gate $(GATE_ARGS) -- "$$BASE"

gate-selftest: ## show that the gate passes what is unchanged and finds what is worse; options in SELFTEST_ARGS="--quick"
	@scripts/bootstrap bench
	@$(PYTHON) scripts/gate_selftest $(SELFTEST_ARGS)

gate-nightly: ## the same 60 times over, counted, into the table of docs/gate.md; takes hours, and can be stopped and started again
	@scripts/bootstrap bench
	@$(PYTHON) scripts/gate_selftest --nightly 60 --table docs/gate.md $(SELFTEST_ARGS)

micro: ## run the component benchmarks; options in MICRO_ARGS
	@scripts/bootstrap micro
	@$(PYTHON) scripts/micro $(MICRO_ARGS)

test: ## run every test of every language; suites in SUITES="release python"
	@scripts/bootstrap test
	@$(PYTHON) scripts/test $(SUITES)

stress: ## run the race tests 100 times over; options in STRESS_ARGS="--presets release tsan"
	@scripts/bootstrap test
	@$(PYTHON) scripts/stress $(STRESS_ARGS)

fuzz: ## fuzz every reader of files for 60 s each; options in FUZZ_ARGS="--seconds 600"
	@scripts/bootstrap fuzz
	@$(PYTHON) scripts/fuzz $(FUZZ_ARGS)

check: ## formatters, linters, layers, all languages
	@scripts/bootstrap check
	@$(PYTHON) scripts/check $(CHECKS)

clean: ## remove what was built; results/ stays
	rm -rf build rust_bench/target
