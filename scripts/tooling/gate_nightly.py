"""How often the gate is right: gates of candidates that are known, many times over, counted with exact bounds.

Each repetition is a gate of its own below one folder, with a seed of its own; one that has a verdict is not repeated,
so a run can be stopped and started again.
"""

import json
import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tooling import gate, gate_scenarios
from tooling.console import EXIT_INTERRUPTED, EXIT_USAGE, ROOT, UserError, say
from tooling.gate_arms import Arm
from tooling.gate_scenarios import INJECTED, PASS, REGRESSION, SUBJECT, Scenario

CORE = ("--workloads=spawn_join,yield,channel", "--tasks=10k", "--phases=3")
SCENARIOS = (
    Scenario("unchanged", "the same executables", PASS, gate_scenarios.unchanged, CORE, always_measure=True),
    Scenario("slower_5", "5 % more time", REGRESSION, gate_scenarios.injected("slower_5"), CORE),
    Scenario("slower_10", "10 % more time", REGRESSION, gate_scenarios.injected("slower_10"), CORE),
)
VERDICTS = ("pass", "regression", "inconclusive", "invalid")
DEFAULT_FOLDER = ROOT / "results/gate-nightly"
_BEGIN, _END = "<!-- gate_selftest: begin -->", "<!-- gate_selftest: end -->"


@dataclass(frozen=True)
class Share:
    """`count` of `of` gates gave a verdict; the true share is from `low` to `high`, 95 % sure."""

    count: int
    of: int
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.count}/{self.of} [{self.low:.1%}, {self.high:.1%}]"


def main(repetitions: int, out: Path | None, page: Path | None) -> int:
    """Repeats what is not done yet, prints the table, and writes it into `page` when there is one."""
    folder = (out or DEFAULT_FOLDER).absolute()
    _claim(folder)
    for i in range(repetitions):
        for scenario in SCENARIOS:
            place = folder / scenario.name / f"{i + 1:04}"
            if gate_scenarios.verdict_of(place):
                continue
            shutil.rmtree(place, ignore_errors=True)  # one that was interrupted
            place.mkdir(parents=True)
            outcome = gate_scenarios.run(scenario, place, seed=_seed(scenario, i))
            shutil.rmtree(place / "candidate-subjects")
            if outcome.code in (EXIT_USAGE, EXIT_INTERRUPTED):
                return outcome.code
            say(f"{scenario.name} {i + 1} of {repetitions}: {outcome.verdict}")
    lines = table(counts(folder, repetitions))
    print("\n".join(lines), flush=True)
    if page is not None:
        write_table(page, lines)
    return 0


def counts(folder: Path, repetitions: int) -> dict[str, Counter[str]]:
    """How often each scenario got each verdict, in its first `repetitions`."""
    found = {}
    for scenario in SCENARIOS:
        places = (folder / scenario.name / f"{i + 1:04}" for i in range(repetitions))
        verdicts = [gate_scenarios.verdict_of(place) for place in places]
        found[scenario.name] = Counter(verdict for verdict in verdicts if verdict)
    return found


def table(found: Mapping[str, Counter[str]]) -> list[str]:
    """Markdown: a line for each scenario, a column for each verdict, and of what is right the share with its bounds."""
    lines = ["| candidate | gates | " + " | ".join(VERDICTS) + " | right, with 95 % bounds |"]
    lines.append("|---|---|" + "---|" * (len(VERDICTS) + 1))
    for scenario in SCENARIOS:
        verdicts = found[scenario.name]
        share = _share(verdicts[_right(scenario)], verdicts.total())
        cells = [scenario.what, str(verdicts.total()), *(str(verdicts[name]) for name in VERDICTS), str(share or "")]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def write_table(page: Path, lines: Sequence[str]) -> None:
    """Puts the table between the two marks of a Markdown page. Raises UserError when it has none."""
    try:
        text = page.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{page} cannot be read: {error.strerror}") from error
    between = re.compile(f"({re.escape(_BEGIN)}\n).*?({re.escape(_END)})", re.DOTALL)
    if not between.search(text):
        raise UserError(f"{page} has no lines '{_BEGIN}' and '{_END}' for the table to stand between")
    page.write_text(between.sub(lambda found: found[1] + "\n".join(lines) + "\n" + found[2], text), encoding="utf-8")


def _right(scenario: Scenario) -> str:
    return {PASS: "pass", REGRESSION: "regression"}[scenario.right]


def _share(count: int, of: int) -> Share | None:
    if of == 0:
        return None
    # Statistics are flowreport's; this environment has it, the system's Python need not.
    from flowreport.stats.binomial import clopper_pearson  # noqa: PLC0415

    bounds = clopper_pearson(count, of)
    return Share(count, of, bounds.low, bounds.high)


def _seed(scenario: Scenario, i: int) -> int:
    """Each repetition has an order of its own, the same whenever it is run."""
    return 1000 * (SCENARIOS.index(scenario) + 1) + i


def _claim(folder: Path) -> None:
    """Refuses to go on with what other executables began: their verdicts would be counted together."""
    base = Arm.of("base", ROOT)
    programs = {SUBJECT: base.sha256(SUBJECT) or ""}
    programs |= {
        name: Arm(name, INJECTED / name, base.catalog).sha256(SUBJECT) or "" for name in ("slower_5", "slower_10")
    }
    file = folder / "nightly.json"
    if file.exists():
        if json.loads(file.read_text(encoding="utf-8")) != programs:
            raise UserError(f"{gate.shown(folder)} was begun with other executables; name another folder with --out")
        return
    if folder.exists() and any(folder.iterdir()):
        raise UserError(f"{gate.shown(folder)} holds something else; name another folder with --out")
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(programs, indent=2) + "\n", encoding="utf-8")
