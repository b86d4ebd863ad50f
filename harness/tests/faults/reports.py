"""The rows about flowreport: hostile text, odd figures, damaged files."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from observe import Seen, Tools, trials

MARKUP = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'><b onclick=alert(3)>\u2028&lt;"
TERMINAL = "\x1b[2J\x1b]0;title\x07\r\n::error file=x::owned\n::set-output name=x::y\x9b31m\u202e"
FORMULA = '=HYPERLINK("http://example.com","x")\n+1\t-1\r@SUM(A1)'
SAMPLE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from sample_run import write_sample_run
write_sample_run(Path(sys.argv[2]), rounds=int(sys.argv[3]), places=[int(place) for place in sys.argv[4].split(",")])
"""
MUTATE = """
import contextlib, io, random, sys
from pathlib import Path
from flowreport.cli import run_command
folder, seed = Path(sys.argv[1]), 49
whole = {name: (folder / name).read_bytes() for name in ("run.json", "trials.jsonl")}
print("seed", seed)
rng, refused, crashed = random.Random(seed), 0, 0
for turn in range(300):
    name = rng.choice(sorted(whole))
    data = bytearray(whole[name])
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data))
        if rng.random() < 0.5:
            data[at] = rng.randrange(256)
        else:
            data[at : at + rng.randint(0, 9)] = rng.choice([b"", b"null", b"-1", b'"', b"[[", b"1e999", b"\\\\ud800"])
    (folder / name).write_bytes(data)
    words = io.StringIO()
    try:
        with contextlib.redirect_stdout(words), contextlib.redirect_stderr(words):
            refused += run_command(["summary", str(folder)]) == 2
    except Exception as error:
        crashed += 1
        print("turn", turn, name, repr(error))
    (folder / name).write_bytes(whole[name])
print(f"{refused} refused, {crashed} crashed")
sys.exit(crashed > 0)
"""
Json = dict[str, Any]


def made_run(tools: Tools, *, rounds: int = 2, places: str = "6") -> Path:
    """A made-up run, with names that are hostile already."""
    folder = tools.folder / "run"
    done = tools.run([tools.python, "-c", SAMPLE, tools.source / "reports/tests", folder, rounds, places])
    assert done.exit == 0, done.text
    return folder


def change_run(folder: Path, change: Callable[[Json], None]) -> None:
    """Edit run.json."""
    document = json.loads((folder / "run.json").read_text())
    change(document)
    (folder / "run.json").write_text(json.dumps(document))


def change_trials(folder: Path, change: Callable[[Json], None]) -> None:
    """Edit each line of trials.jsonl."""
    found = trials(folder)
    for trial in found:
        change(trial)
    (folder / "trials.jsonl").write_text("".join(json.dumps(trial) + "\n" for trial in found))


def hostile(folder: Path, text: str) -> None:
    """Put `text` wherever a subject, a build or a machine may say something."""

    def run(document: Json) -> None:
        for subject in document["subjects"]:
            subject |= {"title": text, "language": text, "note": text, "version": text, "reason": text}
            subject["build"] = {"compiler": text, "flags": text}
            subject["command"] = [text]
        for workload in document["workloads"]:
            workload.update(dict.fromkeys(("title", "task", "holds", "answer"), text))
        environment = document["environment"]
        environment |= dict.fromkeys(("cpu_model", "kernel", "os", "governor", "clocksource", "cgroup"), text)
        environment |= {"warnings": [text], "tools": {text: text}, "virtualization": text}
        document |= {"command": [text], "tool": {"name": text, "version": text, "commit": text, "dirty": True}}

    def trial(line: Json) -> None:
        if line["status"] != "ok":
            line |= {"reason": text, "limit": text, "log": "logs/" + text.replace("\n", "").replace("\r", "")}

    change_run(folder, run)
    change_trials(folder, trial)


class _Elements(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def report_of(tools: Tools, folder: Path) -> tuple[Seen, str]:
    """The report of a run, and what writing it said."""
    seen = tools.report("report", folder, "-o", tools.folder / "report.html")
    assert seen.exit in {0, 1}, seen.text
    return seen, (tools.folder / "report.html").read_text(encoding="utf-8")


def markup(tools: Tools) -> Seen:
    """No text becomes an element, an attribute or a script; nothing is loaded from anywhere."""
    folder = made_run(tools)
    hostile(folder, "harmless")
    clean = _Elements()
    clean.feed(report_of(tools, folder)[1])
    hostile(folder, MARKUP)
    seen, page = report_of(tools, folder)
    spoiled = _Elements()
    spoiled.feed(page)
    assert spoiled.tags == clean.tags, f"other elements: {sorted(set(spoiled.tags) - set(clean.tags))}"
    assert not [name for name, _ in spoiled.attributes if name.startswith("on")]
    links = [value for name, value in spoiled.attributes if name in {"href", "src", "action"}]
    assert all(link.startswith(("#", "https://", "data:")) for link in links), links
    assert "\u2028" not in page, page[page.index("\u2028") - 300 : page.index("\u2028") + 50]
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy, "no policy"
    assert "default-src &#39;none&#39;" in policy[1] or "default-src 'none'" in policy[1], policy[1]
    assert "sha256-" in policy[1], policy[1]
    assert "unsafe" not in policy[1], policy[1]
    return seen


def spreadsheet(tools: Tools) -> Seen:
    """No field of a CSV is a formula, and numbers are numbers."""
    folder = made_run(tools)
    hostile(folder, FORMULA)
    seen = tools.report("export", folder, "--format", "csv")
    text = seen.text[: seen.text.rfind("flowreport:")] if "flowreport:" in seen.text else seen.text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) > 10, seen.text[:500]
    assert any("HYPERLINK" in field for row in rows for field in row.values()), "the text is not in the file"
    for row in rows:
        bad = {name: field for name, field in row.items() if field and field[0] in "=+-@\t\r\n"}
        assert not bad, bad
        assert all(row[name].isdecimal() for name in ("trial", "tasks", "workers")), row
    return seen


def markdown(tools: Tools) -> Seen:
    """What a pull request shows: no markup, no picture from elsewhere, no sequence, no command."""
    folder = made_run(tools)
    hostile(folder, TERMINAL + MARKUP + "](https://example.com/x.png) | ``` @somebody")
    seen = tools.report("export", folder, "--format", "markdown")
    expect_harmless(seen.text)
    outside = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", seen.text)  # nothing within code is markup
    for raw in ("<script", "<img", "<b ", "](", "@somebody"):
        assert raw in seen.text, f"{raw} was to be tried"
        assert raw not in outside, outside[: outside.index(raw) + 100]
    return seen


def large(tools: Tools) -> Seen:
    """More than 500 cases: the page is below 5 MB and opens within its limit: the browser's test itself."""
    test = "tests/browser/test_browser.py::test_hundreds_of_cases_make_a_page_that_is_small_and_opens_soon"
    return tools.run([tools.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", test], cwd=tools.source / "reports")


def terminal(tools: Tools) -> Seen:
    """Nothing in a summary moves a cursor, colours a line, or is a command to a CI."""
    folder = made_run(tools)
    hostile(folder, TERMINAL)
    seen = tools.report("summary", folder)
    expect_harmless(seen.text)
    return seen


def expect_harmless(text: str) -> None:
    """No control characters but line breaks; no line that GitHub takes for a command."""
    bad = re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert not bad, bad
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]


def fails_everywhere(tools: Tools) -> Seen:
    """A subject without one good trial is in the report, with its state, and in no ranking."""
    folder = made_run(tools)

    def crash(trial: Json) -> None:
        if trial["subject"] == "gamma":
            trial |= {"status": "crashed", "reason": "exit code 9", "exit_code": 9, "samples": [], "histograms": []}
            trial |= {"completed": None, "answer": None}

    change_trials(folder, crash)
    summary = tools.report("summary", folder)
    assert summary.exit == 1, summary.text
    seen, page = report_of(tools, folder)
    assert "exit code 9" in page
    assert "crashed" in page
    return replace(seen, text=seen.text + summary.text)


FIGURES: dict[str, Callable[[int], int]] = {  # by subject: wall_ns in each round
    "alpha": lambda _: 1_000_000,
    "pool": lambda place: 10**15 if place == 3 else 1_000_000 + place,
    "threads": lambda place: 1_000_000 + place if place % 2 else 9_000_000 - place,
    "gamma": lambda _: 1,
    "hostile": lambda _: 2**64 - 1,
}


def figures(tools: Tools, rounds: int) -> Seen:
    """Figures that a formula may stumble over: every number of the report is a number."""
    folder = made_run(tools, rounds=rounds)

    def spoil(trial: Json) -> None:
        value = FIGURES.get(trial["subject"])
        for sample in trial["samples"] if value is not None else []:
            sample.update(dict.fromkeys(("wall_ns", "cpu_ns"), value(trial["round"])))
            sample.update(dict.fromkeys(("rss_before_bytes", "peak_rss_bytes"), 4096))

    change_trials(folder, spoil)
    summary = tools.report("summary", folder)
    assert summary.exit in {0, 1}, summary.text
    seen, page = report_of(tools, folder)
    for text in (summary.text, re.sub("<[^>]*>", " ", page.split("raw-data")[0])):
        found = re.search(r".{40}\b(nan|inf|infinity)\b", text, re.IGNORECASE | re.DOTALL)
        assert not found, f"not a number: {found[0] if found else ''}"
    return replace(seen, text=seen.text + summary.text)


def elsewhere(tools: Tools) -> Seen:
    """The same run gives the same bytes wherever its reader lives."""
    folder = made_run(tools)
    here = report_of(tools, folder)[1]
    settings = {"TZ": "Asia/Kolkata", "LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"}
    seen = tools.report("report", folder, "-o", tools.folder / "there.html", environment=settings)
    assert (tools.folder / "there.html").read_text(encoding="utf-8") == here
    return seen


def damaged(tools: Tools) -> Seen:
    """Three hundred damaged files, one after the other: each is read or refused."""
    folder = made_run(tools)
    environment = {"PYTHONPATH": str(tools.source / "reports/src")}
    return tools.run([tools.python, "-c", MUTATE, folder], environment=environment)
