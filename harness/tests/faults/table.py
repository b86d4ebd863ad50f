"""The faults that flowbench and flowreport must survive, one row each: the fault, what is run, what must come of it.

`Subject` names a fake in tests/subjects (or gives its command line); `story` one in stories.py or reports.py.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass

import gates
import stories
from observe import Expected, Seen, Story, Subject, story
from stories import AT_REST

import reports


@dataclass(frozen=True)
class Row:
    """One line of the table; several share the number of a fault that has several faces."""

    number: int
    fault: str
    what: Subject | Story
    expected: Expected
    alone: bool = False  # nothing else may run beside it


def says(title: str, text: str, reason: str, state: str = "protocol_error") -> Row:
    """Row 9: a subject that writes hello and then this text."""
    return Row(9, title, Subject(f"says {title}", command=("FAKES/says", text)), Expected(state, 1, (reason,)))


def sample(wall_ns: str) -> str:
    """A record of a sample with this wall_ns, as a format of printf."""
    return (
        f'{{"v":1,"kind":"sample","i":0,"wall_ns":{wall_ns},"cpu_ns":0,"rss_before_bytes":1,"peak_rss_bytes":1}}\\n'
    )


def the_matrix_goes_on(seen: Seen) -> None:
    """Behind the failed trial of the run that the rows share there are others, and good ones."""
    found = stories.trials(seen.folder)
    assert found[-1]["trial"] == len({trial["trial"] for trial in found}) - 1, "not every planned trial has its line"
    assert any(trial["status"] == "ok" for trial in found), "nothing is ok"


def has_a_log(seen: Seen) -> None:
    """What it printed is kept."""
    assert (seen.folder / seen.trial["log"]).read_text() != ""


def counted_three_unknown_keys(seen: Seen) -> None:
    """They are ignored, and their number stands with the trial."""
    assert seen.trial["unknown_keys"] == 3, seen.trial


def left_no_core(seen: Seen) -> None:
    """No core file is allowed."""
    assert "\ncore=0\n" in (seen.folder / seen.trial["log"]).read_text()


def kept_both_ends(seen: Seen) -> None:
    """10 MB are counted, and the first and last 64 KiB kept."""
    assert seen.trial["stdout_bytes"] == 10_000_009, seen.trial["stdout_bytes"]
    log = (seen.folder / seen.trial["log"]).read_text()
    assert 128 * 1024 < len(log) < 140_000, len(log)
    assert "BEGIN" in log and "END." in log


def drained_both(seen: Seen) -> None:
    """10 MB of each log came through."""
    assert seen.trial["stdout_bytes"] == seen.trial["stderr_bytes"] == 10_000_000


def told_both_times(seen: Seen) -> None:
    """What the subject said and what flowbench saw are both in the file, and that they differ."""
    assert sum(s["wall_ns"] for s in seen.trial["samples"]) == 2000
    assert seen.trial["wall_ns"] > 100e6
    assert 90e6 < seen.trial["unaccounted_ns"] <= seen.trial["wall_ns"], seen.trial["unaccounted_ns"]


def kept_what_it_said(seen: Seen) -> None:
    """A lie stays in the file beside what flowbench saw."""
    assert sum(s["wall_ns"] for s in seen.trial["samples"]) > 1000 * seen.trial["wall_ns"]


def started_no_process(seen: Seen) -> None:
    """A case that cannot run costs no time."""
    assert seen.trial["wall_ns"] == 0, seen.trial["wall_ns"]
    assert len(stories.trials(seen.folder)) == 1, "one line, not one for each round"


def harmless_words(seen: Seen) -> None:
    """Neither the reason nor what flowbench prints has a sequence of theirs."""
    reports.expect_harmless(seen.text + "\n" + (seen.folder / "words").read_text())


PRINTS_COMMANDS = "printf '\\033[2J\\033[31m::error::owned\\r::set-output name=x::y' >&2; exit 7"
RISC_V = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\0\xf3\0" + bytes(44)  # the head of an executable
FLOOD = "printf BEGIN; head -c 10000000 /dev/zero | tr '\\0' o; printf END.; exit 9"
OVER_16_MIB = "more than 16 MiB"
HOSTILE_IDS = {
    "a path upwards": "../../x",
    "an absolute path": "/abs",
    "a slash": "a/b",
    "a dash in front": "-x",
    "no name at all": "",
    "ten kilobytes": "a" * 10_240,
    "a NUL": "a\0b",
    "a line break": "a\nb",
    "a bidirectional override": "a\u202eb",
    "an escape sequence": "\x1b[31mred",
    "another case of a good one": "Honest",
    "the folder itself": ".",
    "the folder above": "..",
    "hidden": ".hidden",
    "of the catalog": "honest",
}
TRUNCATED = "it ended without done or unsupported"

TABLE: list[Row] = [
    Row(1, "SIGSEGV in the middle of the work", Subject("crash"),
        Expected("crashed", 1, ("signal 11 (SIGSEGV): about to crash",), holds=has_a_log)),
    Row(1, "SIGABRT after a right result", Subject("abort"),
        Expected("crashed", 1, ("signal 6 (SIGABRT)",), holds=the_matrix_goes_on)),
    Row(1, "SIGILL", Subject("illegal"), Expected("crashed", 1, ("signal 4 (SIGILL)",))),
    Row(1, "a core file", Subject("environment"), Expected("crashed", 1, holds=left_no_core)),

    Row(2, "hangs, with children", Subject("hang", hangs=True),
        Expected("timed_out", 1, ("still running at the time limit",))),
    Row(2, "hangs: how long after its limit it is gone", story(stories.overshoot, "hang"), Expected("timed_out", 1)),

    Row(3, "ignores SIGTERM", story(stories.overshoot, "ignores_term"), Expected("timed_out", 1)),
    Row(3, "ignores SIGTERM, and so do its children", Subject("ignores_term", hangs=True), Expected("timed_out", 1)),
    Row(3, "is stopped", Subject("stops_itself", hangs=True), Expected("timed_out", 1)),
    Row(3, "is stopped: how long after its limit it is gone", story(stories.overshoot, "stops_itself"),
        Expected("timed_out", 1)),
    Row(3, "freezes its control group", Subject("freezes", hangs=True), Expected("timed_out", 1)),
    Row(3, "cannot be killed at all", story(stories.unkillable),
        Expected(exit=3, says=("cannot be killed; the machine needs attention",))),

    Row(4, "leaves a daemon behind: forked twice, its own session", Subject("daemon"),
        Expected("leaked_processes", 1, ("still alive after it ended: sleep (pid ",))),
    Row(4, "hangs, and has a daemon", Subject("hang_with_daemon", hangs=True), Expected("timed_out", 1)),
    Row(4, "hangs, and has a daemon: how long after its limit all is gone",
        story(stories.overshoot, "hang_with_daemon"), Expected("timed_out", 1)),

    Row(5, "a child keeps the pipes open", Subject("holds_pipe"),
        Expected("leaked_processes", 1, ("still alive after it ended: sleep (pid ",))),

    Row(6, "a bomb of processes", story(stories.limited, "forks", "--process-limit", "64"),
        Expected("crashed", 1, ("its process limit refused it ", "exit code 2"))),
    Row(6, "a bomb of threads", story(stories.limited, "threads", "--process-limit", "64"),
        Expected("timed_out", 1, ("its process limit refused it ", "still running at the time limit"))),

    Row(7, "takes all memory", story(stories.limited, "oom", "--memory-limit", "64m"),
        Expected("out_of_memory", 1, ("killed for want of memory",))),
    Row(7, "SIGKILL, which proves no want of memory", Subject("kills itself", command=("sh", "-c", "kill -KILL $$")),
        Expected("crashed", 1, ("signal 9 (SIGKILL)",))),

    Row(8, "says nothing, and exits 0", Subject("silent"), Expected("protocol_error", 1, ("it wrote no record",))),

    Row(9, "no JSON", Subject("garbage"), Expected("protocol_error", 1, ("line 2 (from byte ", "not JSON at byte 1"))),
    Row(9, "the last record is cut off", Subject("truncated"),
        Expected("protocol_error", 1, ("line 4 (from byte ", "is cut off"))),
    Row(9, "done twice", Subject("duplicate_done"), Expected("protocol_error", 1, ("done after done",))),
    Row(9, "an answer to another question", Subject("other_workload"),
        Expected("protocol_error", 1, ("was not asked",))),
    says("two documents in a line", '{"v":1}{"v":1}\\n', "not JSON at byte 8"),
    says("text behind a record", '{"v":1} good bye\\n', "not JSON at byte 9"),
    says("a key twice", '{"v":1,"v":1}\\n', "key 'v' appears twice"),
    says("NaN", sample("NaN"), "not JSON at byte"),
    says("infinity", sample("Infinity"), "not JSON at byte"),
    says("1e999", sample("1e999"), "not JSON at byte"),
    says("an exponent", sample("1e3"), "number '1e3' is not an integer"),
    says("a negative time", sample("-1"), "'wall_ns'"),
    says("a number beyond 64 bits", sample("18446744073709551616"), "is not an integer of 64 bits"),
    says("a string as a number", sample('"1000"'), "'wall_ns'"),
    says("a number missing", '{"v":1,"kind":"sample","i":0}\\n', "'wall_ns'"),
    says("nested deeply", "[" * 33 + "]" * 33 + "\\n", "nested deeper than 32"),
    says("a bomb of brackets", "[" * 100_000 + "\\n", "nested deeper than 32"),
    says("bad UTF-8", '{"v":1,"kind":"\\377"}\\n', "not JSON at byte 16"),
    says("a byte order mark", '\\357\\273\\277{"v":1}\\n', "a byte order mark"),
    says("a NUL", '{"v":1,"kind":"\\000"}\\n', "NUL at byte 16"),
    Row(9, "unknown keys", Subject("makes_up_keys"), Expected("ok", holds=counted_three_unknown_keys)),
    says("an unknown key, and it is not done", '{"v":1,"kind":"sample","i":0,"wall_ns":9,"cpu_ns":0,"new":{},'
         '"rss_before_bytes":1,"peak_rss_bytes":1}\\n', TRUNCATED),
    Row(9, "a record of more than 1 MiB", Subject("long_record"),
        Expected("protocol_error", 1, ("line 2 (from byte ", "longer than 1 MiB"))),

    Row(10, "10 MB of output, and a failure", Subject("floods and fails", command=("sh", "-c", FLOOD)),
        Expected("crashed", 1, ("exit code 9",), holds=kept_both_ends)),
    Row(10, "17 MiB of records", Subject("flood_result"), Expected("protocol_error", 1, (OVER_16_MIB,))),

    Row(11, "10 MB on each log, in turn", Subject("flood_stdout"), Expected("ok", holds=drained_both)),

    Row(12, "closes the result channel before it is done", Subject("closes_result"),
        Expected("protocol_error", 1, ("it ended without done",))),
    Row(12, "closes the result channel when it is done", Subject("closes_after_done"), Expected("ok")),
    Row(12, "a child would go on writing after its end", Subject("writes_late"), Expected("leaked_processes", 1)),

    Row(13, "a library's banner, and records on stdout", Subject("noisy"), Expected("ok")),
    Row(13, "knows nothing of --describe", Subject("mute"), Expected("ok")),

    Row(14, "a wrong answer", Subject("liar_answer"), Expected("wrong_answer", 1, ("answer is 1, expected ",))),

    Row(15, "a right result, and exit code 3", Subject("exit_nonzero"),
        Expected("crashed", 1, ("exit code 3: could not say goodbye",))),

    Row(16, "claims no work", Subject("claims_nothing"),
        Expected("wrong_answer", 1, ("completed is 0, expected 541",))),
    Row(16, "leaves out one task", Subject("liar_completed"),
        Expected("wrong_answer", 1, ("completed is 540, expected 541",))),
    Row(16, "no time at all", Subject("no_time"), Expected("wrong_answer", 1, ("wall_ns of sample 0 is 0",))),
    Row(16, "faster than a CPU can be", Subject("too_fast"),
        Expected("wrong_answer", 1, ("wall_ns of sample 0 is 1 for 541 tasks, faster than any CPU",))),
    Row(16, "sleeps less than it should", Subject("early_sleep", "nap"),
        Expected("wrong_answer", 1, ("is 9000000, below the ",))),
    Row(16, "wakes too early", Subject("early_wakes", "nap"), Expected("wrong_answer", 1, ("before they were due",))),
    Row(16, "sleeps in turn", Subject("naps_in_turn", "nap"),
        Expected("mistimed", 1, ("max_in_flight of sample 0 is 1, expected 541",))),
    Row(16, "does not tell its lateness", Subject("no_lateness", "nap"),
        Expected("wrong_answer", 1, ("histogram lateness_ns is missing",))),
    Row(16, "a sample too few", Subject("few_samples"),
        Expected("wrong_answer", 1, ("number of samples is 1, expected 2",))),
    Row(16, "a sample too many", Subject("many_samples"),
        Expected("wrong_answer", 1, ("number of samples is 3, expected 2",))),
    Row(16, "an honest sleeper", Subject("naps", "nap"), Expected("ok")),

    Row(17, "samples longer than the process", Subject("liar_time"),
        Expected("wrong_answer", 1, ("longer than the whole process",), holds=kept_what_it_said)),
    Row(17, "samples with more CPU time than the process", Subject("liar_cpu"),
        Expected("wrong_answer", 1, ("more CPU time than the whole process",))),
    Row(17, "a sample that leaves out most of its time", Subject("forgets_time"),
        Expected("ok", holds=told_both_times)),
    Row(17, "that it is said at the end", story(stories.measured_alone, "forgets_time"),
        Expected("ok", 0, ("Longer between their records than their samples tell:\n  forgets_time/plain/10: up to ",))),

    Row(18, "no such file", Subject("missing"), Expected("not_built", 1, ("does not exist",))),
    Row(18, "its build failed", Subject("broken_build"), Expected("not_built", 1, ("its compiler was not found",))),
    Row(18, "not executable", story(stories.preflight), Expected("launch_failed", 1, ("Permission denied",),
        holds=started_no_process)),
    Row(18, "a script without its interpreter", Subject("no_interpreter"),
        Expected("launch_failed", 1, ("its interpreter or loader does not exist",))),
    Row(18, "for another machine", story(stories.started, RISC_V),
        Expected("launch_failed", 1, ("Exec format error",), holds=started_no_process)),
    Row(18, "an empty file", story(stories.started, b""), Expected("launch_failed", 1, ("Exec format error",))),
    Row(18, "without a library it needs", Subject("needs_library"),
        Expected("launch_failed", 1, ("error while loading shared libraries: libfake_library.so",))),
    Row(18, "cannot do the case, and finds out at work", Subject("unsupported"),
        Expected("unsupported", says=("no more than 7 tasks",))),
    Row(18, "says beforehand that it cannot", Subject("refuses"),
        Expected("unsupported", says=("it was never written",))),

    Row(19, "the executable changes meanwhile", story(stories.replaced),
        Expected("launch_failed", 1, ("its executable changed during the run",))),

    Row(20, "the disk is full", story(stories.full_disk), Expected(exit=1, says=("No space left on device",))),
    Row(20, "the disk is read-only", story(stories.read_only_disk), Expected(exit=1, says=("Read-only file system",))),
    Row(20, "a quota is used up", story(stories.quota), Expected(exit=1, says=("Disk quota exceeded",))),
    Row(20, "the disk is full when a report is written", story(stories.full_disk_for_a_report),
        Expected(exit=2, says=("No space left on device",))),

    *(Row(21, f"{name} is {what}, read by {reader}", story(stories.stored, reader, name, what),
          Expected(exit=2, says=(name, words)))
      for reader, name, what, words in [
          ("flowbench", "run.json", "truncated", "not JSON at byte"),
          ("flowbench", "run.json", "corrupted", "not JSON at byte"),
          ("flowbench", "run.json", "newer", "'v'"),
          ("flowbench", "run.json", "older", "'v'"),
          ("flowbench", "run.json", "huge", "larger than 67108864 bytes"),
          ("flowbench", "run.json", "link", "a symbolic link"),
          ("flowbench", "run.json", "fifo", "not a regular file"),
          ("flowbench", "run.json", "folder", "not a regular file"),
          ("flowbench", "trials.jsonl", "corrupted", "line 1: not JSON at byte"),
          ("flowbench", "trials.jsonl", "bit by bit another", "line 1: is damaged: its CRC-32 does not fit"),
          ("flowbench", "trials.jsonl", "newer", "line 1: 'v'"),
          ("flowbench", "trials.jsonl", "huge", "larger than 1073741824 bytes"),
          ("flowbench", "trials.jsonl", "link", "a symbolic link"),
          ("flowbench", "trials.jsonl", "fifo", "not a regular file"),
          ("flowbench", "trials.jsonl", "folder", "not a regular file"),
          ("flowreport", "run.json", "truncated", "not JSON"),
          ("flowreport", "run.json", "newer", "schema version 2"),
          ("flowreport", "run.json", "huge", "larger than 67108864 bytes"),
          ("flowreport", "run.json", "link", "a symbolic link"),
          ("flowreport", "run.json", "fifo", "no run here"),
          ("flowreport", "trials.jsonl", "corrupted", "trials.jsonl:1: not UTF-8"),
          ("flowreport", "trials.jsonl", "bit by bit another", "trials.jsonl:1: damaged: its CRC-32 does not fit"),
          ("flowreport", "trials.jsonl", "huge", "larger than 1073741824 bytes"),
          ("flowreport", "trials.jsonl", "link", "a symbolic link"),
          ("flowreport", "trials.jsonl", "fifo", "not a regular file"),
          ("flowreport", "trials.jsonl", "folder", "Is a directory"),
      ]),
    Row(21, "a bit of a trial is another, and a run would go on there", story(stories.damaged),
        Expected(exit=2, says=("trials.jsonl line 1: is damaged", "measure again"))),
    Row(21, "results lead elsewhere, and a run would go on there", story(stories.results_through_a_link),
        Expected(exit=2, says=("a symbolic link",))),

    Row(22, "the last line is torn", story(stories.torn), Expected(exit=0, says=("dropped the last line",))),

    Row(23, "SIGINT", story(stories.interrupted, signal.SIGINT),
        Expected(exit=130, says=("go on with: flowbench run --resume results/",))),
    Row(23, "SIGTERM", story(stories.interrupted, signal.SIGTERM), Expected(exit=143)),
    Row(23, "SIGHUP", story(stories.interrupted, signal.SIGHUP), Expected(exit=129)),
    Row(23, "SIGINT while a subject hangs", story(stories.cut_short, signal.SIGINT), Expected("cancelled", 130)),
    Row(23, "an interrupted run goes on", story(stories.resumed_plan), Expected(exit=0)),
    Row(23, "it goes on with other options", story(stories.resumed_otherwise, "--rounds", "5"),
        Expected(exit=2, says=("plan: rounds: was 4, is now 5",))),
    Row(23, "it goes on with another seed", story(stories.resumed_otherwise, "--seed", "12"),
        Expected(exit=2, says=('seed: was "11", is now "12"',))),
    Row(23, "it goes on with another executable", story(stories.resumed_with_another_program),
        Expected(exit=2, says=("subjects: mine: sha256",))),

    Row(24, "a second Ctrl-C", story(stories.signalled_twice), Expected("cancelled", 130)),

    Row(25, "flowbench is killed while a subject is stopped", story(stories.harness_killed),
        Expected(exit=-signal.SIGKILL)),
    Row(25, "flowbench is killed, and a daemon lives on", story(stories.orphans_cleared), Expected(exit=0), alone=True),

    Row(26, "two at once", story(stories.two_harnesses), Expected(exit=75, says=("another flowbench",))),
    Row(26, "two at once, and the second may wait", story(stories.two_harnesses, "--wait"), Expected(exit=0)),

    Row(27, "somebody else computes on the CPU", story(stories.busy_neighbour),
        Expected("contaminated", 3, ("other",))),
    Row(27, "a CPU quota", story(stories.throttled), Expected("contaminated", 3, ("quota",))),

    Row(27, "steal", story(stories.disturbed, "proc/stat", AT_REST["proc/stat"].replace(" 0 0 0\n", " 900 0 0\n"), "steal_ns"),
        Expected("contaminated", 0, ("the hypervisor took ",))),
    Row(27, "other work, by the kernel's count", story(
        stories.disturbed, "proc/stat", AT_REST["proc/stat"].replace(" 100 0 100 ", " 900 0 900 "), "others_cpu_ns"),
        Expected("contaminated", 0, ("other processes used ",))),
    Row(27, "swap", story(stories.disturbed, "proc/vmstat", "pswpin 10\npswpout 9000\n", "swap_out_bytes"),
        Expected("contaminated", 0, ("the machine swapped 0 KiB in and ",))),
    Row(27, "a quota that is reached", story(
        stories.disturbed, "cpu.stat", "nr_throttled 9\nthrottled_usec 90000\n", "cpu_throttled_ns"),
        Expected("contaminated", 0, ("a CPU quota held it back for 90 ms",))),
    Row(27, "want of memory", story(
        stories.disturbed, "proc/pressure/memory", AT_REST["proc/pressure/memory"].replace("=0\n", "=9000000\n"),
        "memory_pressure_ns"),
        Expected("contaminated", 0, ("tasks waited 9000 ms for memory",))),

    Row(28, "the clocks", story(stories.clocks), Expected("ok", 0)),
    Row(28, "a clock that runs ahead of the other", story(
        stories.disturbed, "clocks", "monotonic_ns 0\nraw_ns 60000000000\n", "clock_error_ns"),
        Expected("contaminated", 0, ("CLOCK_MONOTONIC and CLOCK_MONOTONIC_RAW differ by ",))),
    Row(28, "a clock that is set back", story(stories.disturbed, "clocks", "monotonic_ns -60000000000\nraw_ns 0\n", ""),
        Expected("contaminated", 0, ("a steady clock went back during the trial",))),
    Row(28, "both clocks set back", story(
        stories.disturbed, "clocks", "monotonic_ns -60000000000\nraw_ns -60000000000\n", ""),
        Expected("contaminated", 0, ("a steady clock went back during the trial",))),

    Row(29, "the order of trials", story(stories.order_of_trials), Expected("ok", 0)),

    Row(30, "variables of the user's environment", story(stories.environment_leaks), Expected("crashed", 1)),

    Row(31, "a harness of 300 MB", story(stories.large_harness), Expected("ok", 0)),

    Row(32, "CPU time of processes that nobody waits for", story(stories.cpu_time_of_all), Expected("ok", 0)),

    Row(33, "dead children that it never waits for", Subject("leaves_zombies"), Expected("ok")),
    Row(33, "process numbers come up again", story(stories.numbers_used_again), Expected(exit=1)),

    *(Row(34, f"the id of a manifest is {what}", story(stories.hostile_id, name), Expected(exit=2))
      for what, name in HOSTILE_IDS.items()),
    Row(34, "the id of a subject in run.json is a path", story(stories.hostile_id_in_a_run, "flowbench", "../../x"),
        Expected(exit=2, says=("not an id",))),
    Row(34, "the same, read by flowreport", story(stories.hostile_id_in_a_run, "flowreport", "../../x"),
        Expected(exit=2, says=("not an id",))),
    Row(34, "an id with an escape sequence, read by flowreport",
        story(stories.hostile_id_in_a_run, "flowreport", "\x1b[31mred"), Expected(exit=2, says=("not an id",))),

    Row(35, "markup in every text of a run", story(reports.markup), Expected(exit=1)),

    Row(36, "a formula in every text of a run", story(reports.spreadsheet), Expected(says=("HYPERLINK",))),

    Row(37, "escape sequences and CI commands in every text of a run", story(reports.terminal),
        Expected(exit=1, says=("time per task, cold median", "not counted"))),
    Row(37, "all of it in the Markdown for a pull request", story(reports.markdown), Expected(says=("script",))),
    Row(37, "a subject that prints them", Subject("prints commands", command=("sh", "-c", PRINTS_COMMANDS)),
        Expected("crashed", 1, ("exit code 7: ",), holds=harmless_words)),

    Row(38, "a command line with words for a shell", story(stories.no_shell),
        Expected("", 1, ("launch_failed",))),

    Row(39, "no baseline of this name", story(gates.no_baseline),
        Expected(exit=3, says=("verdict: invalid", "no baseline: baseline:main: no baseline of this name"),
                 never=("verdict: pass",))),
    Row(39, "no baseline of this name, for another command", story(gates.no_baseline_to_show),
        Expected(exit=2, says=("no baseline of this name",))),

    *(Row(40, f"the base was measured with {change.__name__.replace('_', ' ')}", story(gates.another, change),
          Expected(exit=3, says=("verdict: invalid", words), never=("verdict: pass",)))
      for change, words in [
          (gates.another_machine, "CPU model: "),
          (gates.another_kernel, "kernel: "),
          (gates.another_governor, "governor: "),
          (gates.another_compiler, "build of threads: "),
      ]),
    Row(40, "the same, for a look", story(gates.another, gates.another_machine, "--allow-cross-machine"),
        Expected(exit=0, says=("CPU model: ", "this is no verdict"), never=("verdict: pass",))),
    Row(40, "nothing differs: then it passes", story(gates.no_change), Expected(exit=0, says=("verdict: pass",))),

    Row(41, "a workload of the same name is other work", story(gates.another, gates.other_parameters),
        Expected(exit=3, says=("verdict: invalid", "is not the same work in both"))),

    Row(42, "too few rounds", story(gates.too_few_rounds), Expected(exit=3, says=("too few pairs",),
        never=("verdict: pass",))),

    Row(43, "one subject fails everywhere", story(reports.fails_everywhere), Expected(exit=1, says=("crashed",))),

    Row(44, "samples that are all equal, have an outlier, two humps, the smallest and largest numbers",
        story(reports.figures, 6), Expected(exit=1, never=("Warning",))),
    Row(44, "the same in one round", story(reports.figures, 1), Expected(exit=1, never=("Warning",))),

    Row(45, "an alarm that comes back", story(gates.alarm_that_recurs),
        Expected(exit=1, says=("verdict regression after ", "'confirm"))),
    Row(45, "an alarm that does not", story(gates.alarm_that_passes), Expected(says=("verdict ", "'confirm"),
        never=("verdict regression",))),

    Row(45, "a component that is slower", story(gates.components, "1.2"),
        Expected(exit=1, says=("verdict: regression", "components/pop operation", "measured again: "))),
    Row(45, "components as they were", story(gates.components, "1"),
        Expected(exit=0, says=("verdict: pass",), never=("regression",))),

    Row(46, "a case is lost", story(gates.lost_case),
        Expected(exit=1, says=("verdict: regression", "the base has it, the candidate does not"))),
    *(Row(46, f"a trial of the candidate is {status}", story(gates.failing_case, status),
          Expected(exit=1, says=("verdict: regression", "spoiled")))
      for status in ("wrong_answer", "crashed")),

    Row(47, "more than 500 cases in a browser", story(reports.large), Expected(exit=0, says=("1 passed",))),

    Row(48, "a user in India with German settings", story(stories.other_country), Expected("ok", 0)),
    Row(48, "a reader in India with German settings", story(reports.elsewhere), Expected(exit=1)),

    Row(49, "damaged files", story(reports.damaged), Expected(exit=0, says=(" refused, 0 crashed",))),
]
