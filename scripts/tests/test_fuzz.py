from tooling import fuzz

LIBFUZZER = """INFO: Running with entropic power schedule (0xFF, 100).
==12==ERROR: AddressSanitizer: heap-buffer-overflow
artifact_prefix='/x/findings/manifest-'; Test unit written to /x/findings/manifest-crash-0a1b
stat::number_of_executed_units: 1234
stat::average_exec_per_sec:     617
""".splitlines()
HYPOTHESIS = """tests/properties/test_loading.py::test_a:
  - during generate phase (1.05 seconds):
    - Typical runtimes: ~ 1-2 ms, of which < 1ms in data generation
    - 1000 passing examples, 0 failing examples, 12 invalid examples
""".splitlines()


def test_executions_and_findings_are_read_from_libfuzzer() -> None:
    assert fuzz.executions(LIBFUZZER) == 1234
    assert fuzz.inputs(LIBFUZZER) == ["/x/findings/manifest-crash-0a1b"]


def test_without_a_finding_there_is_no_input() -> None:
    assert fuzz.inputs(LIBFUZZER[:1]) == []


def test_examples_are_counted_whether_they_pass_or_fail() -> None:
    assert fuzz.examples(HYPOTHESIS) == 1000
