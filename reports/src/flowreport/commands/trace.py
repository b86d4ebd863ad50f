"""`flowreport trace TRACE.json OUT.png`: a trace of `flowbench run --trace` as a picture, one lane a worker."""

import argparse
import math
import sys
from pathlib import Path

from flowreport.exits import Exit
from flowreport.text import log_line


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say how the command is called."""
    parser = commands.add_parser("trace", help="draw a trace, a lane for each worker")
    parser.add_argument("trace", type=Path, metavar="TRACE.json", help="what flowbench run --trace CASE kept")
    parser.add_argument("out", type=Path, metavar="OUT.png")
    parser.add_argument(
        "--between", type=_between, metavar="FROM,TO", help="microseconds since it began (default: all of it)"
    )
    parser.set_defaults(run=trace)


def trace(options: argparse.Namespace) -> Exit:
    """Draw it."""
    from flowreport.charts.lanes import draw  # noqa: PLC0415 - matplotlib takes long to import
    from flowreport.trace import read_lanes  # noqa: PLC0415

    lanes = read_lanes(options.trace)
    draw(lanes, options.out, title=log_line(options.trace.name), between=options.between)
    sys.stdout.write(f"{options.out}\n")
    return Exit.GOOD


def _between(text: str) -> tuple[float, float]:
    try:
        begin, end = (float(word) for word in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"two numbers with a comma, such as 0,250, not {text!r}") from None
    if not (0 <= begin < end and math.isfinite(end)):
        raise argparse.ArgumentTypeError(f"a time and a later one, not {text!r}")
    return begin, end
