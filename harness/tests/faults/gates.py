"""The rows about gates: two runs, or a gate's folder, and what flowreport rules on them."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from observe import Seen, Tools, trials

from reports import change_run, change_trials, made_run

Json = dict[str, Any]
ROUNDS = 10
UNDECIDED = 4
MOST_STEPS = 8
CHANGED, CONTROL, SIZE = "gamma", "threads", 10_000


def twins(tools: Tools, rounds: int = ROUNDS) -> tuple[Path, Path]:
    """Two runs that are alike to the last number; one subject has another executable in the second."""
    base, candidate = tools.folder / "base", tools.folder / "candidate"
    made_run(tools, rounds=rounds, places="0").rename(base)
    keep(base, lambda one: one["tasks"] == SIZE and one["subject"] in {"alpha", CHANGED, CONTROL})
    shutil.copytree(base, candidate)
    change_run(candidate, rebuild)
    return base, candidate


def keep(run: Path, wanted: Callable[[Json], bool]) -> None:
    """Take what is not wanted out of the plan and the trials."""

    def drop(document: Json) -> None:
        document["plan"]["cases"] = [case for case in document["plan"]["cases"] if wanted(case)]
        document["plan"]["trials"] = len(kept)

    kept = [trial for trial in trials(run) if wanted(trial)]
    change_run(run, drop)
    (run / "trials.jsonl").write_text(
        "".join(json.dumps(trial | {"trial": place}) + "\n" for place, trial in enumerate(kept))
    )


def rebuild(document: Json) -> None:
    """Give the changed subject another executable."""
    next(s for s in document["subjects"] if s["id"] == CHANGED)["sha256"] = "cd" * 32


def slower(trial: Json) -> None:
    """What the changed subject does takes 1.3 times as long."""
    if trial["subject"] == CHANGED:
        for sample in trial["samples"]:
            sample["wall_ns"] = sample["wall_ns"] * 13 // 10


def gate(tools: Tools, base: object, candidate: object, *options: str) -> Seen:
    """Judge two runs."""
    return tools.report("gate", base, candidate, *options)


def no_change(tools: Tools) -> Seen:
    """Twins pass, or all rows below say nothing."""
    return gate(tools, *twins(tools))


def no_baseline(tools: Tools) -> Seen:
    """A baseline that nobody has saved."""
    _, candidate = twins(tools, 2)
    seen = gate(tools, "baseline:main", candidate, "-o", tools.folder / "out")
    verdict = json.loads((tools.folder / "out/verdict.json").read_text())
    assert (verdict["verdict"], verdict["exit_code"]) == ("invalid", 3), verdict
    assert [problem["kind"] for problem in verdict["problems"]] == ["no_baseline"], verdict
    return seen


def no_baseline_to_show(tools: Tools) -> Seen:
    """Where nothing is ruled on, a name that nobody has given is wrong usage."""
    return tools.report("summary", "baseline:main")


def another(tools: Tools, change: Callable[[Json], None], *options: str) -> Seen:
    """A candidate measured under other conditions."""
    base, candidate = twins(tools)
    change_run(candidate, change)
    return gate(tools, base, candidate, *options)


def another_machine(document: Json) -> None:
    """Another CPU."""
    document["environment"]["cpu_model"] = "Another CPU"


def another_kernel(document: Json) -> None:
    """Another kernel."""
    document["environment"]["kernel"] = "1.2.3"


def another_governor(document: Json) -> None:
    """Another governor."""
    document["environment"]["governor"] = "performance"


def another_compiler(document: Json) -> None:
    """The control was compiled by another compiler."""
    next(s for s in document["subjects"] if s["id"] == CONTROL)["build"]["compiler"] = "another compiler"


def other_parameters(document: Json) -> None:
    """A workload of the same name does something else."""
    document["workloads"][0]["task"] = "sends 100 messages instead of 50"


def too_few_rounds(tools: Tools) -> Seen:
    """Two rounds tell nothing."""
    base, candidate = twins(tools, 2)
    change_trials(candidate, slower)
    return gate(tools, base, candidate)


def lost_case(tools: Tools) -> Seen:
    """A case that the base has, and the candidate neither plans nor measures."""
    base, candidate = twins(tools)
    keep(candidate, lambda one: one["subject"] != CHANGED)
    return gate(tools, base, candidate)


def failing_case(tools: Tools, status: str) -> Seen:
    """A case of the candidate that no longer gives a right answer."""
    base, candidate = twins(tools)

    def fail(trial: Json) -> None:
        if trial["subject"] == CHANGED and trial["round"] == 3:
            trial |= {"status": status, "reason": "spoiled"}

    change_trials(candidate, fail)
    return gate(tools, base, candidate)


def alarm_that_recurs(tools: Tools) -> Seen:
    """The change is in both measurements."""
    return alarm(tools, recurs=True)


def alarm_that_passes(tools: Tools) -> Seen:
    """The second measurement knows nothing of it."""
    return alarm(tools, recurs=False)


def alarm(tools: Tools, *, recurs: bool) -> Seen:
    """An alarm is measured again with another seed before it fails a build."""
    base, candidate = twins(tools)
    folder = tools.folder / "gate"
    (folder / "look-1").mkdir(parents=True)
    unchanged = tools.folder / "unchanged"
    shutil.copytree(candidate, unchanged)
    change_trials(candidate, slower)
    shutil.copytree(base, folder / "look-1/base")
    shutil.copytree(candidate, folder / "look-1/candidate")
    seeds, steps = {"7"}, ["look-1"]
    subjects = json.loads((base / "run.json").read_text())["subjects"]
    rows = [{"id": s["id"], "control": s["id"] == CONTROL, "base_sha256": s["sha256"],
             "candidate_sha256": "cd" * 32 if s["id"] == CHANGED else s["sha256"]}
            for s in subjects if s["status"] == "ok"]  # fmt: skip
    document = {"v": 1, "kind": "gate", "base": {"ref": "main", "commit": "01" * 20},
                "candidate": {"commit": "02" * 20, "dirty": False},
                "options": {"confirm": True, "always_measure": False, "seed": "7", "rounds": ROUNDS, "looks": 3},
                "subjects": rows, "problems": [], "identical": False}  # fmt: skip
    (folder / "gate.json").write_text(json.dumps(document))
    for _ in range(MOST_STEPS):
        seen = tools.report("gate", folder)
        if seen.exit != UNDECIDED:
            ruling = json.loads((folder / "verdict.json").read_text())
            return Seen(exit=seen.exit, text=f"{seen.text}\nverdict {ruling['verdict']} after {steps}")
        step = json.loads((folder / "next.json").read_text())
        assert step["seed"] not in seeds, f"the same seed again: {step}"
        seeds.add(step["seed"])
        steps.append(step["folder"])
        again = not step["folder"].startswith("confirm")
        repeat(base, folder / step["folder"] / "base", step["rounds"])
        repeat(candidate if again or recurs else unchanged, folder / step["folder"] / "candidate", step["rounds"])
    raise AssertionError(f"no end: {steps}")


def repeat(run: Path, into: Path, rounds: int) -> None:
    """The same run with its rounds over and over, until there are so many."""
    shutil.copytree(run, into)
    found, lines = trials(run), []
    for turn in range(0, rounds, ROUNDS):
        kept = [trial for trial in found if turn + trial["round"] < rounds]
        lines += [t | {"round": turn + t["round"], "trial": len(lines) + place} for place, t in enumerate(kept)]
    (into / "trials.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

    def plan(document: Json) -> None:
        document["plan"] |= {"rounds": rounds, "trials": len(lines)}
        document["plan"]["cases"] = [case | {"rounds": rounds} for case in document["plan"]["cases"]]

    change_run(into, plan)


# A binary as Google Benchmark makes them: two benchmarks, of which the second takes `factor` times as long.
COMPONENTS = """#!/usr/bin/env python3
import os, random, sys
words = dict(word.partition("=")[::2] for word in sys.argv[1:])
if "--benchmark_list_tests" in words:
    sys.exit(print("push\\npop"))
name = words["--benchmark_filter"].strip("^$")
assert words["--benchmark_out"] == "/dev/fd/3" and name in ("push", "pop"), words
ns = (FACTOR if name == "pop" else 1) * random.lognormvariate(4.6, 0.003)
run = f'{{"name":"{name}","run_type":"iteration","repetitions":1,"threads":1,"iterations":100,'
run += f'"real_time":{ns},"cpu_time":0,"time_unit":"ns","op":{ns * 1e-9}}}'
os.write(3, f'{{"context":{{"library_build_type":"release"}},"benchmarks":[{run}]}}'.encode())
"""


def components(tools: Tools, factor: str) -> Seen:
    """A gate of a Google Benchmark binary, the whole way: both arms by `flowbench pair`, all steps by `flowreport gate`."""
    digests = {arm: _build(tools, arm, text) for arm, text in (("base", "1"), ("candidate", factor))}
    folder = tools.folder / "gate"
    rows = [
        {"id": id_, "base_sha256": digests["base"][id_], "candidate_sha256": digests["candidate"][id_],
         "control": id_ == "honest"} for id_ in ("components", "honest")
    ]  # fmt: skip
    options = {"confirm": True, "always_measure": False, "seed": "7", "rounds": ROUNDS, "looks": 3}
    record = {"v": 1, "kind": "gate", "base": {"ref": "main", "commit": "a"}, "candidate": {"commit": "b", "dirty": False},
              "subjects": rows, "problems": [], "identical": False, "options": options}  # fmt: skip
    tools.write("gate/gate.json", json.dumps(record))
    for _ in range(MOST_STEPS):
        seen = tools.report("gate", folder)
        if seen.exit != UNDECIDED:
            break
        step = json.loads((folder / "next.json").read_text())
        measured = tools.bench(
            "pair", "--base-subjects", tools.folder / "base", "--base-catalog", tools.folder / "base/catalog.json",
            "--candidate-subjects", tools.folder / "candidate", "--catalog", tools.folder / "candidate/catalog.json",
            "--subject", "components", "--subjects", "components,honest", "--tasks", "10", "--phases", "2",
            "--min-time", "0.01", "--rounds", step["rounds"], "--seed", step["seed"], "-f", step["filter"],
            "--out", folder / step["folder"],
        )  # fmt: skip
        assert measured.exit == 0, measured.text
    verdict = json.loads((folder / "verdict.json").read_text())
    gated = {cell["name"]: cell for cell in verdict["cells"] if cell["subject"] == "components"}
    assert set(gated) == {"components/push", "components/pop"}, gated
    assert {cell["metric"] for cell in gated.values()} == {"operation"}, gated
    assert gated["components/push"]["state"] == "pass", gated
    assert gated["components/pop"]["confirmed"] == (factor != "1"), gated
    return seen


def _build(tools: Tools, arm: str, factor: str) -> dict[str, str]:
    """What a build leaves of one arm; the SHA-256 of each executable."""
    texts = {
        "components": COMPONENTS.replace("FACTOR", factor),
        "honest": (tools.fakes / "honest").read_text(),
        "fake.sh": (tools.fakes / "fake.sh").read_text(),
    }
    for name, text in texts.items():
        tools.write(f"{arm}/{name}", text).chmod(0o755)
    manifest = {"v": 1, "kind": "google_benchmark", "id": "components", "title": "t", "language": "l",
                "command": ["./components"], "version": "1", "build": {"compiler": "c", "flags": "-O3"}}  # fmt: skip
    tools.write(f"{arm}/components.json", json.dumps(manifest))
    catalog = json.loads(tools.catalog.read_text())
    catalog["subjects"] = [row | {"control": True} for row in catalog["subjects"] if row["id"] == "honest"]
    catalog["workloads"] = [row for row in catalog["workloads"] if row["id"] == "plain"]
    tools.write(f"{arm}/catalog.json", json.dumps(catalog))
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
