package kit

import (
	"strings"
	"testing"
)

func TestOptionsInAnyOrder(t *testing.T) {
	want := Options{Workload: "yield", Tasks: 1_000, Workers: 2, Phases: 3, Seed: 1<<64 - 1}
	for _, line := range []string{
		"--workload yield --tasks 1000 --workers 2 --phases 3 --seed 18446744073709551615",
		"--seed 18446744073709551615 --phases 3 --workers 2 --tasks 1000 --workload yield",
	} {
		if got, err := ParseOptions(strings.Fields(line)); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", line, got, err)
		}
	}
	if got, err := ParseOptions([]string{"--describe"}); err != nil || !got.Describe {
		t.Errorf("--describe: got %+v, %v", got, err)
	}
}

func TestUsageErrorsNameTheWordAtFault(t *testing.T) {
	const good = " --workload yield --tasks 1000 --workers 2 --phases 3 --seed 7"
	for line, fault := range map[string]string{
		"":                           "missing --workload --tasks --workers --phases --seed",
		"--workload yield --tasks 5": "missing --workers --phases --seed",
		"--tasks 5" + good:           "--tasks comes twice",
		"--describe" + good:          `unknown option "--describe"`,
		"--taks 5" + good:            `unknown option "--taks"`,
		"--tasks=5" + good:           `unknown option "--tasks=5"`,
		"yield" + good:               `unknown option "yield"`,
		"--workload":                 "--workload needs a value",
		"--tasks 0":                  `--tasks "0": must be a whole number from 1 to 1000000000`,
		"--tasks 1000000001":         "--tasks",
		"--tasks 1k":                 `--tasks "1k"`,
		"--tasks +5":                 `--tasks "+5"`,
		"--tasks 1_000":              `--tasks "1_000"`,
		"--tasks -1":                 "--tasks",
		"--workers 0":                "--workers",
		"--phases -1":                "--phases",
		"--phases 1.5":               "--phases",
		"--seed -1":                  "--seed",
		"--seed 0x1f":                "--seed",
		"--seed 18446744073709551616": `--seed "18446744073709551616": must be a whole number from 0 to ` +
			"18446744073709551615",
	} {
		_, err := ParseOptions(strings.Fields(line))
		if err == nil || !strings.Contains(err.Error(), fault) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %v, want one line with %q", line, err, fault)
		}
	}
}
