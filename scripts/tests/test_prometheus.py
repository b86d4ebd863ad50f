"""What the runtime writes for Prometheus, read by its client library; a C++ test expects the same file."""

from prometheus_client.parser import text_string_to_metric_families

from tooling.console import ROOT

EXPOSITION = ROOT / "runtime/tests/observe/made_up_snapshot.prom"
NAME = 'a"b\\c\nd\x01\ufffd\u00e4'


def test_the_reader_of_prometheus_reads_all_that_the_runtime_writes() -> None:
    text = EXPOSITION.read_text(encoding="utf-8")
    families = {family.name: family for family in text_string_to_metric_families(text)}
    samples = [sample for family in families.values() for sample in family.samples]
    assert len(samples) == sum(not line.startswith("#") for line in text.split("\n") if line)
    assert {family.type for family in families.values()} == {"counter", "gauge", "histogram"}
    assert all(family.documentation for family in families.values())

    steals = families["flowcoro_steals"].samples
    assert [sample.labels["worker"] for sample in steals] == ["0", "1", "outside"]
    assert {sample.labels["runtime"] for sample in steals} == {NAME}
    assert sum(sample.value for sample in steals) == 1_005 + 2_005 + 1_000_005
    lateness = families["flowcoro_timer_lateness_seconds"].samples
    assert (lateness[-1].name, lateness[-1].value) == ("flowcoro_timer_lateness_seconds_count", 7)
