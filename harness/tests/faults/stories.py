"""The rows about flowbench that need more than one step: signals, limits, disks, changed files."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from observe import Seen, Skip, Tools, first_trial, trials
from waiting import end, expect_none, living, until

PLAIN = ("--workloads", "plain", "--rounds", "1")
MARK = "86400."  # `sleep 86400.N` is what a fake leaves running, with N its number of tasks
SLOW_RUN = ("--subjects", "honest,slow", "--workloads", "plain", "--tasks", "10,20", "--rounds", "4", "--phases", "1")


def root() -> None:
    """Refuse to go on without the rights of root."""
    if os.geteuid() != 0:
        raise Skip("needs root, to make control groups and to mount")


def lines(tools: Tools) -> int:
    """How many trials the newest run has so far."""
    return len(trials(tools.folder / "results/latest"))


def measured_alone(tools: Tools, subject: str, *options: str) -> Seen:
    """One trial of a fake, with options of its own."""
    return first_trial(tools.measure(*PLAIN, "--tasks", "10", "--subjects", subject, *options))


# Rows 2 and 3: limits of time.


def overshoot(tools: Tools, subject: str) -> Seen:
    """How long the whole process took beyond its limit. A machine that stood still for a moment gets another chance."""
    limit_s, seen = 0.3, Seen()
    for _ in range(3):
        seen = measured_alone(tools, subject, "--phases", "1", "--timeout", str(limit_s))
        over_ms = seen.trial["wall_ns"] / 1e6 - limit_s * 1000
        assert over_ms >= 0, f"{subject} was ended {-over_ms:.0f} ms early"
        if over_ms <= 250:
            return seen
    raise AssertionError(f"{subject} was ended {over_ms:.0f} ms after its limit")


def unkillable(tools: Tools) -> Seen:
    """A process in a frozen group of version 1 does not die of SIGKILL, like one that waits for a broken disk."""
    root()
    freezer = Path("/sys/fs/cgroup/freezer")
    group = freezer / f"flowbench-fault-{os.getpid()}"
    if not (freezer / "tasks").exists():
        raise Skip("no freezer of version 1: nothing else here makes a process that cannot be killed")
    group.mkdir()
    path = tools.write("sticks", f"#!/bin/sh\n[ $1 = --describe ] && exit 2\necho $$ > {group}/tasks\n"
                       f"echo FROZEN > {group}/freezer.state\nsleep 86400\n")  # fmt: skip
    path.chmod(0o755)
    try:
        return tools.measure(*PLAIN, "--tasks", "10,20", "--subjects", "mine", "--subject",
                             tools.manifest(["./sticks"]), "--timeout", "0.2")  # fmt: skip
    finally:
        (group / "freezer.state").write_text("THAWED")
        until(lambda: not (group / "tasks").read_text(), "the end of the frozen process")
        group.rmdir()


# Rows 6 and 7: limits of processes and memory.


def limited(tools: Tools, subject: str, option: str, limit: str) -> Seen:
    """A fake and an honest subject under a limit that needs a control group."""
    honest = measured_alone(tools, "honest", option, limit)
    if honest.exit == 3:
        raise Skip(honest.text.strip())
    assert honest.state == "ok", f"the limit hits an honest subject: {honest.text}"
    seen = measured_alone(tools, subject, option, limit, "--timeout", "1")
    expect_none(MARK + "10")
    return seen


# Rows 18 and 19: executables.


def started(tools: Tools, content: bytes) -> Seen:
    """An executable file with this content."""
    tools.write("program", content).chmod(0o755)
    manifest = tools.manifest(["./program"])
    return first_trial(tools.measure(*PLAIN, "--tasks", "10", "--subjects", "mine", "--subject", manifest))


def preflight(tools: Tools) -> Seen:
    """What cannot be started is told before anything is measured, and no process is started for it."""
    seen = tools.measure("--subjects", "honest,not_executable", "--workloads", "plain", "--tasks", "10", "--dry-run")
    assert "not_executable/plain/10\tlaunch_failed" in seen.text, seen.text
    return measured_alone(tools, "not_executable", "--rounds", "5")


def replaced(tools: Tools) -> Seen:
    """An executable that is written again while it is measured."""
    own_subject(tools, "0.05")
    program = tools.start("--subjects", "mine", "--subject", "mine.json", "--workloads", "plain", "--tasks", "10",
                          "--rounds", "20", "--phases", "1")  # fmt: skip
    until(lambda: lines(tools) >= 2, "two trials")
    os.utime(tools.folder / "mine")
    code = program.wait()
    last = trials(tools.folder / "results/latest")[-1]
    return Seen(last["status"], code, last["reason"], last)


def own_subject(tools: Tools, pause: str) -> None:
    """An honest subject in the working folder, which may be changed."""
    shutil.copy(tools.fakes / "fake.sh", tools.folder / "fake.sh")
    text = f'#!/bin/sh\n. "${{0%/*}}/fake.sh"\n[ "$phases" -gt 0 ] && sleep {pause}\nhonest\n'
    tools.write("mine", text).chmod(0o755)
    tools.manifest(["./mine"])


# Row 20: disks.


@contextmanager
def disk(tools: Tools, options: str) -> Iterator[Path]:
    """A small file system of its own."""
    root()
    path = tools.folder / "disk"
    path.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", path], capture_output=True, check=False)
    if done.returncode != 0:
        raise Skip(f"cannot mount a file system: {done.stderr.decode().strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", path], check=True)


def full_disk(tools: Tools) -> Seen:
    """Results onto a disk of 32 KiB: what is finished stays, and is valid; the rest follows once there is room."""
    with disk(tools, "size=32k") as path:
        run = ("--subjects", "honest", "--workloads", "plain", "--rounds", "200", "--tasks", "10", "--results", path)
        seen = tools.measure(*run)
        kept = len(trials(path / "latest"))
        assert 0 < kept < 200, f"{kept} trials are kept"
        validated = tools.bench("validate", path / "latest")
        assert validated.exit == 0, validated.text
        subprocess.run(["mount", "-o", "remount,size=4m", path], check=True)
        resumed = tools.bench("run", "--resume", path / "latest")
        assert resumed.exit == 0, resumed.text
        kept = len({trial["trial"] for trial in trials(path / "latest")})
        assert kept == 200, f"{kept} trials after --resume"
    return seen


def read_only_disk(tools: Tools) -> Seen:
    """Results onto a disk that takes nothing."""
    with disk(tools, "ro") as path:
        return tools.measure(*PLAIN, "--subjects", "honest", "--tasks", "10", "--results", path)


def quota(tools: Tools) -> Seen:
    """A quota is a file system's own; tmpfs has one where the kernel is built with it."""
    with disk(tools, "usrquota,usrquota_block_hardlimit=16k") as path:
        os.chown(path, 65534, 65534)
        tools.folder.chmod(0o755)
        for folder in tools.folder.parents:
            if not folder.stat().st_mode & 1:
                raise Skip(f"another user cannot reach {folder}")
        seen = tools.run(["setpriv", "--reuid", "65534", "--clear-groups", tools.flowbench, "run", "--catalog",
                          tools.catalog, "--subjects", "honest", "--workloads", "plain", "--rounds", "200", "--tasks",
                          "10", "--results", path], cwd=path)  # fmt: skip
        validated = tools.bench("validate", path / "latest")
        assert validated.exit == 0, validated.text
    return seen


def full_disk_for_a_report(tools: Tools) -> Seen:
    """A new report onto a full disk leaves the old one as it was, and nothing beside it."""
    run = copy_run(tools)
    with disk(tools, "size=16k") as path:
        (path / "report.html").write_text("the old one")
        seen = tools.report("report", run, "-o", path / "report.html")
        assert (path / "report.html").read_text() == "the old one"
        assert [entry.name for entry in path.iterdir()] == ["report.html"]
    return seen


# Rows 21 and 22: files of a run.


def copy_run(tools: Tools, trials_file: str = "trials/ok.jsonl") -> Path:
    """The good run of the fixtures, to be spoiled."""
    folder = tools.folder / "run"
    folder.mkdir()
    shutil.copy(tools.fixtures / "runs/ok.json", folder / "run.json")
    shutil.copy(tools.fixtures / trials_file, folder / "trials.jsonl")
    return folder


def stored(tools: Tools, reader: str, name: str, what: str) -> Seen:
    """A file of a run that is not what it should be, read by flowbench or by flowreport."""
    run = copy_run(tools, "trials/ok_crc.jsonl" if what == "bit by bit another" else "trials/ok.jsonl")
    file = run / name
    data = file.read_bytes()
    before = None
    if what == "truncated":
        file.write_bytes(data[: len(data) // 3])
    elif what == "corrupted":
        file.write_bytes(data.replace(b'"v"', b'"\xffv"', 1))
    elif what == "bit by bit another":
        file.write_bytes(data.replace(b'"round":0', b'"round":1', 1))  # still good JSON, and still possible
    elif what == "newer":
        file.write_bytes(data.replace(b'"v": 1', b'"v": 2', 1).replace(b'"v":1', b'"v":2', 1))
    elif what == "older":
        file.write_bytes(data.replace(b'"v": 1', b'"v": 0', 1).replace(b'"v":1', b'"v":0', 1))
    elif what == "huge":
        os.truncate(file, 2 << 30)  # without a block on the disk
    else:
        file.unlink()
        if what == "link":
            elsewhere = tools.write("elsewhere", data)
            file.symlink_to(elsewhere)
        elif what == "fifo":
            os.mkfifo(file)
        elif what == "folder":
            file.mkdir()
    if file.is_file() and what != "huge":
        before = file.read_bytes()
    seen = tools.bench("validate", run) if reader == "flowbench" else tools.report("summary", run)
    assert before is None or file.read_bytes() == before, "the file was changed"
    assert "Traceback" not in seen.text
    return seen


def torn(tools: Tools) -> Seen:
    """A last line that was cut off: said, dropped, and the run goes on."""
    interrupted(tools, signal.SIGINT)
    file = tools.folder / "results/latest/trials.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"v":1,')
    validated = tools.bench("validate", "latest")
    assert validated.exit == 0, validated.text
    assert "cut off" in validated.text, validated.text
    assert file.read_bytes() == whole + b'{"v":1,', "validate changed the file"
    resumed = tools.bench("run", "--resume", "latest")
    assert file.read_bytes().startswith(whole), "what was there was changed"
    assert tools.bench("validate", "latest").text.count("cut off") == 0
    return resumed


def damaged(tools: Tools) -> Seen:
    """A bit of a finished trial is not what it was: the run does not go on, and the file stays as it is."""
    interrupted(tools, signal.SIGINT)
    file = tools.folder / "results/latest/trials.jsonl"
    whole = bytearray(file.read_bytes())
    place = whole.index(b'"wall_ns":') + len(b'"wall_ns":')
    whole[place] ^= 1  # another digit
    file.write_bytes(whole)
    json.loads(whole.split(b"\n")[0])
    validated = tools.bench("validate", "latest")
    assert validated.exit == 2, validated.text
    assert "trials.jsonl line 1: is damaged" in validated.text, validated.text
    resumed = tools.bench("run", "--resume", "latest")
    assert file.read_bytes() == whole, "the file was changed"
    assert len(resumed.text.splitlines()) == 1, resumed.text
    return resumed


# Rows 23 to 25: signals.


def interrupted(tools: Tools, number: int) -> Seen:
    """A signal when some trials, but not all, are done."""
    program = tools.start(*SLOW_RUN, "--seed", "11")
    until(lambda: lines(tools) >= 3, "three trials")
    program.send_signal(number)
    code = program.wait()
    found = trials(tools.folder / "results/latest")
    assert 3 <= len(found) < 16, f"{len(found)} trials"
    assert {trial["status"] for trial in found} <= {"ok", "contaminated", "cancelled"}, found
    assert tools.bench("validate", "latest").exit == 0
    return Seen("", code, tools.words())


def cut_short(tools: Tools, number: int) -> Seen:
    """A signal while a subject runs that has children."""
    program = tools.start(*PLAIN, "--subjects", "hang", "--tasks", "7771")
    until(lambda: bool(living(MARK + "7771")), "the subject")
    program.send_signal(number)
    code = program.wait()
    expect_none(MARK + "7771")
    return Seen(trials(tools.folder / "results/latest")[0]["status"], code, tools.words())


def resumed_plan(tools: Tools) -> Seen:
    """The rest of an interrupted run is the rest of the same plan."""
    interrupted(tools, signal.SIGINT)
    before = (tools.folder / "results/latest/trials.jsonl").read_bytes()
    seen = tools.bench("run", "--resume", "latest")
    interrupted_run = tools.folder / "results/latest"
    assert (interrupted_run / "trials.jsonl").read_bytes().startswith(before), "what was there was changed"
    parts, plan = places(interrupted_run), plan_of(interrupted_run)
    whole = tools.measure(*SLOW_RUN, "--seed", "11")
    assert whole.exit == 0, whole.text
    assert plan_of(tools.folder / "results/latest") == plan
    assert places(tools.folder / "results/latest") == parts
    return seen


def plan_of(run: Path) -> object:
    """The plan of a run."""
    return json.loads((run / "run.json").read_text())["plan"]


def places(run: Path) -> dict[int, tuple[object, ...]]:
    """What each trial was; the last line of a trial counts."""
    keys = ("subject", "round", "order", "tasks", "status")
    return {trial["trial"]: tuple(trial[key] for key in keys) for trial in trials(run)}


def resumed_otherwise(tools: Tools, *options: str) -> Seen:
    """Another plan, another seed: not the same run."""
    interrupted(tools, signal.SIGINT)
    before = (tools.folder / "results/latest/trials.jsonl").read_bytes()
    seen = tools.bench("run", "--resume", "latest", *options)
    assert (tools.folder / "results/latest/trials.jsonl").read_bytes() == before
    return seen


def resumed_with_another_program(tools: Tools) -> Seen:
    """An executable that was built again is another subject."""
    own_subject(tools, "0.1")
    program = tools.start("--subjects", "mine", "--subject", "mine.json", "--workloads", "plain", "--tasks", "10",
                          "--rounds", "30", "--phases", "1")  # fmt: skip
    until(lambda: lines(tools) >= 2, "two trials")
    program.send_signal(signal.SIGINT)
    assert program.wait() == 130
    with (tools.folder / "mine").open("a") as out:
        out.write("# changed\n")
    return tools.bench("run", "--resume", "latest")


def signalled_twice(tools: Tools) -> Seen:
    """The second Ctrl-C spares no grace: all that ignores SIGTERM is gone well before the tenth of a second is over."""
    program = tools.start(*PLAIN, "--subjects", "ignores_term", "--tasks", "7777")
    until(lambda: bool(living(MARK + "7777")), "the subject")
    program.send_signal(signal.SIGINT)
    program.send_signal(signal.SIGINT)
    code = program.wait()
    expect_none(MARK + "7777")
    return Seen(trials(tools.folder / "results/latest")[0]["status"], code, tools.words())


def harness_killed(tools: Tools) -> Seen:
    """A subject dies with its harness, a stopped one too."""
    program = tools.start(*PLAIN, "--subjects", "stops_itself", "--tasks", "7772", environment=own_tmp(tools))
    until(lambda: len(living("7772")) == 2, "flowbench and the subject")
    program.kill()
    code = program.wait()
    expect_none("7772")
    after = tools.measure(*PLAIN, "--subjects", "honest", "--tasks", "10")  # no stale lock
    assert after.exit == 0, after.text
    return Seen(exit=code)


def own_tmp(tools: Tools) -> dict[str, str]:
    """What a killed flowbench leaves in /tmp goes with the working folder."""
    return {"TMPDIR": str(tools.folder)}


def orphans_cleared(tools: Tools) -> Seen:
    """A daemon of its subject outlives a killed harness; the next start ends it."""
    if "v2 with cgroup.kill" not in cgroup_text(tools):
        raise Skip("no control group here to find orphans by")
    program = tools.start(*PLAIN, "--subjects", "hang_with_daemon", "--tasks", "7775", environment=own_tmp(tools))
    until(lambda: len(living(MARK + "7775")) == 1, "the daemon")
    program.kill()
    program.wait()
    assert len(living(MARK + "7775")) == 1, "a daemon outlives flowbench"
    seen = tools.measure(*PLAIN, "--subjects", "honest", "--tasks", "10")
    expect_none(MARK + "7775")
    return seen


def cgroup_text(tools: Tools) -> str:
    """What flowbench says of its control group."""
    seen = measured_alone(tools, "honest")
    document = json.loads((seen.folder / "run.json").read_text())
    return str(document["environment"]["cgroup"])


# Rows 26 to 28: the machine.


def two_harnesses(tools: Tools, *options: str) -> Seen:
    """Another run into another folder of results, while one is under way."""
    first = tools.start(*PLAIN, "--subjects", "hang", "--tasks", "7774", "--timeout", "1")
    until(lambda: bool(living(MARK + "7774")), "the first run")
    second = tools.measure(*PLAIN, "--subjects", "honest", "--tasks", "10", "--results", "elsewhere", *options)
    running = first.poll() is None
    assert first.wait() == 1
    if not options:
        assert running, "the second run waited"
        assert f"pid {first.pid}" in second.text, second.text
        assert not list(tools.folder.glob("elsewhere/*/trials.jsonl"))
    return second


def busy_neighbour(tools: Tools) -> Seen:
    """Somebody else computes on the CPU that is measured on: three attempts, all kept, and none counts."""
    cpu = str(min(os.sched_getaffinity(0)))
    command = ["taskset", "-c", cpu, "sh", "-c", "while :; do :; done"]
    with subprocess.Popen(command) as neighbour:
        try:
            seen = measured_alone(tools, "slow", "--affinity", cpu, "--tolerate", "steal,throttling", "--phases", "1")
        finally:
            neighbour.kill()
    found = trials(seen.folder)
    assert [trial["trial"] for trial in found] == [0, 0, 0], found
    assert all(trial["others_cpu_ns"] > 50e6 for trial in found), found
    return seen


def throttled(tools: Tools) -> Seen:
    """A quota of a fifth of a CPU, for a subject that computes."""
    root()
    cpu = Path("/sys/fs/cgroup/cpu")
    if not (cpu / "cpu.cfs_quota_us").exists() and not (cpu / "tasks").exists():
        raise Skip("no CPU controller of version 1 here to set a quota with")
    group = cpu / f"flowbench-fault-{os.getpid()}"
    group.mkdir()
    try:
        (group / "cpu.cfs_quota_us").write_text("20000")
        command = [tools.flowbench, "run", "--catalog", tools.catalog, *PLAIN, "--tasks", "10", "--phases", "1",
                   "--subjects", "burns_elsewhere", "--tolerate", "steal,others"]  # fmt: skip
        seen = first_trial(tools.run(["sh", "-c", f'echo $$ > {group}/tasks; exec "$@"', "sh", *command]))
    finally:
        until(lambda: not (group / "tasks").read_text(), "the end of the run")
        group.rmdir()
    assert seen.trial["cpu_throttled_ns"] > seen.trial["wall_ns"] / 100, seen.trial
    return seen


# A machine at rest, for FLOWBENCH_TEST_MACHINE: the counters that flowbench reads around a trial.
AT_REST = {
    "proc/stat": "".join(f"cpu{i} 100 0 100 1000 0 0 0 0 0 0\n" for i in range(1024)),
    "proc/vmstat": "pswpin 10\npswpout 10\n",
    "proc/pressure/cpu": "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
    "proc/pressure/memory": "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
    "proc/pressure/io": "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
    "cpu.stat": "nr_periods 10\nnr_throttled 0\nthrottled_usec 0\n",
    "clocks": "monotonic_ns 0\nraw_ns 0\n",
}


def disturbed(tools: Tools, counter: str, after: str, key: str) -> Seen:
    """A whole run on a made-up machine of which one counter moves during the first trial: that is run again, and good."""
    machine = tools.folder / "machine"
    for name, text in AT_REST.items():
        (machine / name).parent.mkdir(parents=True, exist_ok=True)
        (machine / name).write_text(text)
    moved = tools.write("moved", after)
    manifest = tools.manifest([str(tools.fakes / "moves"), str(moved), str(machine / counter)])
    command = [*PLAIN, "--tasks", "10", "--phases", "1", "--subject", manifest, "--subjects", "mine",
               "--tolerate", "io-pressure"]  # fmt: skip
    seen = tools.measure(*command, environment={"FLOWBENCH_TEST_MACHINE": str(machine)})
    assert seen.exit == 0, seen.text
    run = tools.folder / "results/latest"
    found = trials(run)
    assert [trial["status"] for trial in found] == ["contaminated", "ok"], found
    assert [trial["trial"] for trial in found] == [0, 0], found
    assert key == "" or found[0][key] > 0, found[0]
    assert key == "" or found[1][key] < 1_000_000, found[1]
    environment = json.loads((run / "run.json").read_text())["environment"]
    assert any("FLOWBENCH_TEST_MACHINE" in warning for warning in environment["warnings"]), "made-up numbers, unsaid"
    assert tools.bench("validate", "latest").exit == 0
    return first_trial(seen)


def clocks(tools: Tools) -> Seen:
    """Both clocks are read around a trial, and the clock source is in run.json."""
    seen = measured_alone(tools, "slow")
    environment = json.loads((seen.folder / "run.json").read_text())["environment"]
    assert environment["clocksource"], environment
    assert seen.trial["clock_error_ns"] < seen.trial["wall_ns"] / 100, seen.trial
    return seen


# Rows 29 to 33: order, environment, figures, numbers of processes.


def order_of_trials(tools: Tools) -> Seen:
    """The same seed gives the same order, another one another; the seed is stored, and rounds are mixed within."""
    run = ("--dry-run", "--subjects", "honest,slow", "--rounds", "7")
    first, again = (tools.measure(*run, "--seed", "7").text for _ in range(2))
    other = tools.measure(*run, "--seed", "8").text
    assert first == again
    assert first != other
    seen = measured_alone(tools, "honest", "--seed", "18446744073709551615")
    document = json.loads((seen.folder / "run.json").read_text())
    assert document["seed"] == "18446744073709551615"
    assert document["plan"]["order"] == "random"
    return seen


LEAKS = {
    "GODEBUG": "gctrace=1",
    "GOMAXPROCS": "77",
    "GOGC": "off",
    "RUST_LOG": "trace",
    "TOKIO_WORKER_THREADS": "77",
    "MALLOC_ARENA_MAX": "1",
    "GLIBC_TUNABLES": "glibc.malloc.arena_max=1",
    "OMP_NUM_THREADS": "77",
    "LD_LIBRARY_PATH": "/nonexistent/lib",
    "LC_ALL": "C.UTF-8",
    "TZ": "Asia/Kolkata",
}
ALLOWED = {"PATH", "HOME", "LC_ALL", "TZ", "FLOWBENCH_FD", "GOMAXPROCS", "TOKIO_WORKER_THREADS", "PWD", "OLDPWD", "_"}


def environment_leaks(tools: Tools) -> Seen:
    """Variables that change a runtime stay outside; PWD, OLDPWD and _ are the shell's own."""
    environment = LEAKS | {"LD_PRELOAD": str(tools.flowbench.parent / "ballast.so")}
    seen = first_trial(tools.measure(*PLAIN, "--tasks", "10", "--subjects", "environment", "--workers", "2",
                                     environment=environment))  # fmt: skip
    log = (seen.folder / seen.trial["log"]).read_text().split("stdout, ")[1]
    said = [line for line in log.split("\ncwd=")[0].split("\n")[1:] if line]
    names = {line.split("=", 1)[0] for line in said}
    assert names <= ALLOWED, f"these came through: {names - ALLOWED}"
    for line in ("LC_ALL=C", "TZ=UTC", "GOMAXPROCS=2", "TOKIO_WORKER_THREADS=2"):
        assert line in said, said
    return seen


def large_harness(tools: Tools) -> Seen:
    """A harness that holds 300 MB: it is in what the kernel says of its child, and not in what the child says."""
    environment = {"LD_PRELOAD": str(tools.flowbench.parent / "ballast.so")}
    seen = first_trial(tools.measure(*PLAIN, "--tasks", "10", "--subjects", "tiny", environment=environment))
    assert seen.trial["max_rss_bytes"] > 250e6, f"the harness is not large: {seen.trial['max_rss_bytes']}"
    for sample in seen.trial["samples"]:
        assert 0 < sample["peak_rss_bytes"] < 5e6, sample
    return seen


def cpu_time_of_all(tools: Tools) -> Seen:
    """CPU time that a process used which nobody of the trial waited for."""
    if "v2" not in cgroup_text(tools):
        raise Skip("no control group of version 2, which alone counts it")
    seen = measured_alone(tools, "burns_elsewhere", "--phases", "1")
    cpu_ms = (seen.trial["user_ns"] + seen.trial["sys_ns"]) / 1e6
    own_ms = (honest_cpu_ms(tools)) + 5
    assert cpu_ms > own_ms + 10, f"{cpu_ms} ms of CPU time, and {own_ms} ms are its own"
    return seen


def honest_cpu_ms(tools: Tools) -> float:
    """What a shell script costs."""
    trial = measured_alone(tools, "honest", "--phases", "1").trial
    return float(trial["user_ns"] + trial["sys_ns"]) / 1e6


def numbers_used_again(tools: Tools) -> Seen:
    """So few process numbers that each comes up again and again: nobody else's process is taken for the subject's."""
    root()
    release = tuple(int(part) for part in os.uname().release.split(".")[:2])
    if release < (6, 14):
        raise Skip("kernel.pid_max belongs to the whole machine before Linux 6.14")
    words = [str(tools.flowbench), "run", "--catalog", str(tools.catalog), "--subjects", "daemon,honest,crash",
             "--workloads", "plain", "--tasks", "7778", "--rounds", "40", "--phases", "1", "-q"]  # fmt: skip
    script = f"""echo 310 > /proc/sys/kernel/pid_max || exit 77
        sleep {MARK}7779 & bystander=$!
        "$@"; code=$?
        kill -0 $bystander || {{ echo "the bystander is dead"; exit 99; }}
        kill $bystander; exit $code"""
    before = Path("/proc/sys/kernel/pid_max").read_text()
    seen = tools.run(["unshare", "--pid", "--fork", "--mount-proc", "sh", "-c", script, "sh", *words])
    assert Path("/proc/sys/kernel/pid_max").read_text() == before
    if seen.exit == 77:
        raise Skip("no process numbers of its own here")
    found = trials(tools.folder / "results/latest")
    states = {(trial["subject"], trial["status"]) for trial in found}
    assert len(found) == 120, seen.text
    assert states == {("daemon", "leaked_processes"), ("honest", "ok"), ("crash", "crashed")}, states
    end(MARK + "7779")
    return seen


# Rows 34 and 38: hostile names and command lines.


def hostile_id(tools: Tools, name: str) -> Seen:
    """A manifest with this id; nothing may come into being outside the folder of results."""
    inner = tools.folder / "a/b"
    inner.mkdir(parents=True)
    manifest = tools.write("a/b/m.json", json.dumps({"v": 1, "id": name, "title": "t", "language": "l",
                                                     "command": [str(tools.fakes / "honest")]}))  # fmt: skip
    seen = tools.measure(*PLAIN, "--subject", manifest, cwd=inner)
    written = {path.name for path in tools.folder.rglob("*")} - {"a", "b", "m.json", ".flowbench.lock"}
    assert not written, f"{written} was written"
    assert seen.text.count("\n") == 1, seen.text
    assert len(seen.text) < 1000, "the name is in the message, all of it"
    assert not any(sign in seen.text for sign in ("\0", "\u202e", "\x1b")), seen.text
    return seen


def hostile_id_in_a_run(tools: Tools, reader: str, name: str) -> Seen:
    """The id of a subject in run.json."""
    run = copy_run(tools)
    document = json.loads((run / "run.json").read_text())
    document["subjects"][0]["id"] = name
    (run / "run.json").write_text(json.dumps(document))
    seen = tools.bench("validate", run) if reader == "flowbench" else tools.report("report", run)
    expected = ["run", "run.json", "trials.jsonl"]
    assert sorted(path.name for path in tools.folder.rglob("*") if "matplotlib" not in path.parts) == expected
    assert "\x1b" not in seen.text
    return seen


def results_through_a_link(tools: Tools) -> Seen:
    """A run whose trials.jsonl leads elsewhere: nothing is appended there."""
    interrupted(tools, signal.SIGINT)
    file = tools.folder / "results/latest/trials.jsonl"
    elsewhere = tools.write("elsewhere", file.read_bytes())
    file.unlink()
    file.symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    seen = tools.bench("run", "--resume", "latest")
    assert elsewhere.read_bytes() == before
    return seen


def no_shell(tools: Tools) -> Seen:
    """Words of a manifest's command that a shell would act on."""
    words = [str(tools.fakes / "exit_nonzero"), "; touch taken", "$(touch taken)", "`touch taken`", "| touch taken"]
    manifest = tools.manifest(["./program; touch taken"], "injected")
    first = tools.measure(*PLAIN, "--tasks", "10", "--subjects", "injected", "--subject", manifest)
    second = tools.measure(*PLAIN, "--tasks", "10", "--subjects", "mine", "--subject", tools.manifest(words))
    assert not list(tools.folder.rglob("taken")), "a shell ran it"
    assert second.exit == 1, second.text
    return first


# Row 48: where a user lives.


def other_country(tools: Tools) -> Seen:
    """Times of a run are UTC and numbers have no commas, whatever the user's settings."""
    environment = {"TZ": "Asia/Kolkata", "LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"}
    earliest = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    seen = first_trial(tools.measure(*PLAIN, "--tasks", "10", "--subjects", "honest", environment=environment))
    latest = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    created = json.loads((seen.folder / "run.json").read_text())["created"]
    assert earliest <= created <= latest, created
    return seen
