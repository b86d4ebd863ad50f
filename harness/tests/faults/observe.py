"""What a row of the table can run, and what it saw: a fake subject, a command, or a story of several steps."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

TASKS = 541  # also marks what a fake leaves running: `sleep 86400.541`
SUBJECT_FLAGS = ["--rounds", "1", "--phases", "2", "--workers", "2", "--seed", "1", "--tasks", str(TASKS)]
PATIENCE_S = 100


class Skip(Exception):  # noqa: N818 - not an error: this machine cannot show the fault
    """Why a row cannot be run here."""


@dataclass(frozen=True)
class Seen:
    """What a row is judged by."""

    state: str = ""
    exit: int | None = None
    text: str = ""  # everything that was said: reasons, stdout, stderr
    trial: dict[str, Any] = field(default_factory=dict)
    folder: Path = Path()  # of the run, or the working folder


@dataclass(frozen=True)
class Tools:
    """The programs under test, and a folder to work in."""

    flowbench: Path
    source: Path
    folder: Path
    measured: Path  # where measure_all() has put the runs that rows share
    with_report: bool

    @property
    def fakes(self) -> Path:
        """The fake subjects."""
        return self.flowbench.parent / "subjects"

    @property
    def catalog(self) -> Path:
        """Their catalog."""
        return self.source / "harness/tests/catalog.json"

    @property
    def fixtures(self) -> Path:
        """Good and bad files of every kind."""
        return self.source / "harness/contract/fixtures"

    @cached_property
    def python(self) -> Path:
        """The Python that has flowreport."""
        if not self.with_report:
            raise Skip("flowreport runs in the release build only")
        path = self.source / ".venv/bin/python"
        if not path.exists():
            raise Skip("flowreport is not installed: run scripts/bootstrap test")
        return path

    def bench(self, *arguments: object, **options: Any) -> Seen:
        """Run flowbench to its end."""
        return self.run([self.flowbench, *arguments], **options)

    def measure(self, *arguments: object, **options: Any) -> Seen:
        """`flowbench run` with the catalog of the fakes."""
        return self.bench("run", "--catalog", self.catalog, *arguments, **options)

    def report(self, *arguments: object, **options: Any) -> Seen:
        """Run flowreport to its end."""
        path = {"PYTHONPATH": str(self.source / "reports/src"), "MPLCONFIGDIR": str(self.folder / "matplotlib")}
        options["environment"] = path | options.get("environment", {})
        seen = self.run([self.python, "-m", "flowreport", *arguments], **options)
        for words in ("Traceback", "Error while finding module"):
            assert words not in seen.text, seen.text
        return seen

    def run(self, command: list[object], *, environment: dict[str, str] | None = None, cwd: Path | None = None) -> Seen:
        """Run a program in the working folder; its words and exit code are what is seen."""
        try:
            done = subprocess.run(
                [str(word) for word in command],
                cwd=cwd or self.folder,
                env=os.environ | self.quiet() | (environment or {}),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=PATIENCE_S,
            )
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"still running after {PATIENCE_S} s: {error.cmd}") from None
        text = done.stdout.decode(errors="surrogateescape") + done.stderr.decode(errors="surrogateescape")
        return Seen(exit=done.returncode, text=text, folder=self.folder)

    def start(self, *arguments: object, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start `flowbench run` with the catalog of the fakes; its words go to a file of the working folder."""
        with (self.folder / "words").open("wb") as words:
            return subprocess.Popen(
                [str(word) for word in (self.flowbench, "run", "--catalog", self.catalog, *arguments)],
                cwd=self.folder,
                env=os.environ | self.quiet() | (environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
            )

    def words(self) -> str:
        """What the program of start() said so far."""
        return (self.folder / "words").read_text(errors="surrogateescape")

    def quiet(self) -> dict[str, str]:
        """Beside other tests: a lock of one's own, and nothing is said of a busy machine."""
        return {
            "FLOWBENCH_LOCK": str(self.folder / ".flowbench.lock"),
            "FLOWBENCH_WATCH": "0",
            "FLOWBENCH_CALIBRATE": "0",
            "FLOWBENCH_TOLERATE": "all",
        }

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file of the working folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def manifest(self, command: list[str], name: str = "mine", **more: object) -> Path:
        """Write the manifest of a subject from elsewhere."""
        document = {"v": 1, "id": name, "title": "t", "language": "l", "command": command, **more}
        return self.write(f"{name}.json", json.dumps(document))


def trials(run: Path) -> list[dict[str, Any]]:
    """The whole lines of trials.jsonl so far."""
    file = run / "trials.jsonl"
    lines = file.read_text().split("\n")[:-1] if file.exists() else []
    found: list[dict[str, Any]] = [json.loads(line) for line in lines]
    for trial in found:
        trial.pop("crc32", None)  # it is that of the line, and not of what a row makes of it
    return found


def first_trial(seen: Seen) -> Seen:
    """What the newest run in the working folder says of its first trial, added to what was seen."""
    run = seen.folder / "results/latest"
    found = trials(run)
    if not found:
        return seen
    text = f"{seen.text}\n{found[0]['reason']}"
    return Seen(found[0]["status"], seen.exit, text, found[0], run.resolve())


@dataclass(frozen=True)
class Subject:
    """A fake subject, measured together with all others that do not need conditions of their own."""

    name: str
    workload: str = "plain"
    hangs: bool = False  # measured with a short limit
    command: tuple[str, ...] = ()  # of one without an executable in tests/subjects; FAKES stands for that folder

    def id(self) -> str:
        """The id that it is measured under."""
        return re.sub("[^a-z0-9]+", "_", self.name.lower()) if self.command else self.name

    def case(self) -> str:
        """The name of its case."""
        return f"{self.id()}/{self.workload}/{TASKS}"

    def see(self, tools: Tools) -> Seen:
        """Look it up in the runs that measure_all() has made."""
        run = tools.measured / ("hangs" if self.hangs else "others")
        words = (run / "words").read_text()
        for trial in trials(run):
            if (trial["subject"], trial["workload"]) == (self.id(), self.workload):
                exit_code = int((run / "exit").read_text())
                return Seen(trial["status"], exit_code, trial["reason"], trial, run)
        raise AssertionError(f"no trial of {self.case()}; flowbench said: {words}")


@dataclass(frozen=True)
class Story:
    """Steps in the order in which they happen."""

    tell: Callable[..., Seen]
    arguments: tuple[object, ...] = ()

    def see(self, tools: Tools) -> Seen:
        """Live it."""
        return self.tell(tools, *self.arguments)


def story(tell: Callable[..., Seen], *arguments: object) -> Story:
    """A story, written shorter in the table."""
    return Story(tell, arguments)


@dataclass(frozen=True)
class Expected:
    """What must come of it. Empty is not looked at."""

    state: str = ""
    exit: int | None = None
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    holds: Callable[[Seen], None] | None = None  # raises AssertionError

    def problems(self, seen: Seen) -> list[str]:
        """What is not as expected."""
        found = []
        if self.state and seen.state != self.state:
            found.append(f"state is '{seen.state}', expected '{self.state}'")
        if self.exit is not None and seen.exit != self.exit:
            found.append(f"exit code is {seen.exit}, expected {self.exit}")
        found += [f"does not say: {words}" for words in self.says if words not in seen.text]
        found += [f"says: {words!r}" for words in self.never if words in seen.text]
        try:
            if self.holds is not None:
                self.holds(seen)
        except AssertionError as error:
            found.append(f"{self.holds.__name__ if self.holds else ''}: {error}")
        if found:
            found.append(f"what was seen: {seen.text[-2000:]!r} {json.dumps(seen.trial)[:2000]}")
        return found


def measure_all(tools: Tools, subjects: list[Subject]) -> None:
    """Measure all fakes of the table that need nothing but a limit of time, in two runs that the rows share."""
    fakes = str(tools.fakes)
    for name, limit in (("others", "20"), ("hangs", "0.5")):
        chosen = {s.case(): s for s in subjects if s.hangs == (name == "hangs")}
        if not chosen:
            continue
        manifests = []
        for subject in chosen.values():
            if subject.command:
                command = [word.replace("FAKES", fakes) for word in subject.command]
                manifests += ["--subject", tools.manifest(command, subject.id())]
        done = tools.measure(
            *SUBJECT_FLAGS,
            "--timeout",
            limit,
            "--subjects",
            ",".join(dict.fromkeys(s.id() for s in chosen.values())),
            "--filter",
            "^(" + "|".join(chosen) + ")$",
            *manifests,
            "--out",
            tools.measured / name,
        )
        if not (tools.measured / name / "trials.jsonl").exists():
            sys.exit(f"flowbench measured nothing: {done.text}")
        validated = tools.bench("validate", tools.measured / name)
        if validated.exit != 0:
            sys.exit(f"flowbench wrote what it does not read: {validated.text}")
        (tools.measured / name / "words").write_text(done.text, errors="surrogateescape")
        (tools.measured / name / "exit").write_text(str(done.exit))
