"""Runs rows of the table: `faults_test.py --flowbench PROGRAM [--measure FOLDER | --row N --measured FOLDER]`.

--measure runs the fakes that rows share, once; --row runs all faces of a fault. Exit: 0 good, 1 a face is not as
expected, 77 none could be run here. --check holds the table itself against the numbers and the states there are.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
import traceback
from dataclasses import replace
from pathlib import Path

from observe import Skip, Subject, Tools, measure_all
from table import TABLE, Row
from waiting import expect_none

SOURCE = Path(__file__).resolve().parents[3]
SKIPPED = 77
NUMBERS = range(1, 50)


def main() -> int:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flowbench", type=Path, help="the one with the fake subjects beside it")
    parser.add_argument("--measure", type=Path, metavar="FOLDER", help="measure the fakes that rows share")
    parser.add_argument("--measured", type=Path, metavar="FOLDER", help="where that was done")
    parser.add_argument("--row", type=int, help="run one row")
    parser.add_argument(
        "--alone", action="store_true", help="of it, the faces that must be alone instead of the others"
    )
    parser.add_argument("--no-report", action="store_true", help="skip what flowreport does")
    parser.add_argument("--check", action="store_true", help="check the table")
    options = parser.parse_args()
    if options.check:
        return check()
    with tempfile.TemporaryDirectory(prefix="flowbench-fault-") as folder:
        measured = options.measured or options.measure
        tools = Tools(options.flowbench.absolute(), SOURCE, Path(folder), measured, not options.no_report)
        if options.measure:
            return measure(tools)
        rows = [row for row in TABLE if row.number == options.row and row.alone == options.alone]
        return run(tools, rows)


def measure(tools: Tools) -> int:
    """Measure what the rows share."""
    shutil.rmtree(tools.measured, ignore_errors=True)
    tools.measured.mkdir(parents=True)
    measure_all(tools, [row.what for row in TABLE if isinstance(row.what, Subject)])
    expect_none("86400.541")
    return 0


def run(tools: Tools, rows: list[Row]) -> int:
    """Run rows, each in a folder of its own."""
    failed, skipped = 0, []
    for place, row in enumerate(rows):
        folder = tools.folder / str(place)
        folder.mkdir()
        own = replace(tools, folder=folder)
        try:
            problems = row.expected.problems(row.what.see(own))
        except Skip as skip:
            skipped.append(f"{row.fault}: {skip}")
            print(f"{row.number}. {row.fault}: skipped: {skip}")
            continue
        except Exception as error:
            problems = [f"{error!r} ({traceback.extract_tb(error.__traceback__)[-1].line})"]
        print(f"{row.number}. {row.fault}: {'as expected' if not problems else 'NOT AS EXPECTED'}")
        for problem in problems:
            print(f"    {problem}")
        failed += bool(problems)
        sys.stdout.flush()
    if failed or not rows:
        print(f"{failed} of {len(rows)} faces are not as expected")
        return 1
    if len(skipped) == len(rows):
        print("Skipped\n" + "; ".join(skipped))
        return SKIPPED
    return 0


def check() -> int:
    """Every number has a row, every state of the contract comes up, and no row is there twice."""
    problems = [f"fault {number} has no row" for number in NUMBERS if all(row.number != number for row in TABLE)]
    contract = (SOURCE / "docs/contract.md").read_text(encoding="utf-8")
    states = set(re.findall(r"^\| `(\w+)` \| ", contract.split("## States of a trial")[1], re.MULTILINE))
    expected = {row.expected.state for row in TABLE} - {""}
    problems += [f"no row expects the state {state}" for state in sorted(states - expected)]
    problems += [f"the contract has no state {state}" for state in sorted(expected - states)]
    names = [(row.number, row.fault) for row in TABLE]
    problems += [f"row {name} is there twice" for name in set(names) if names.count(name) > 1]
    numbers = [row.number for row in TABLE]
    problems += ["the rows are not in order"] if numbers != sorted(numbers) else []
    print("\n".join(problems) or f"{len(TABLE)} faces of {len(set(numbers))} faults")
    return int(bool(problems))


if __name__ == "__main__":
    os.environ.pop("FLOWBENCH_OUT", None)
    sys.exit(main())
