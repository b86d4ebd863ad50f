"""`flowreport compare A B [C…]`: runs side by side; A is the base. It shows, and judges nothing: that is the gate's."""

import argparse
import sys

from flowreport import units
from flowreport.console import say, say_failed
from flowreport.exits import Exit
from flowreport.files import write_whole
from flowreport.sources import add_baselines, add_run, open_run, output_file, run_folder


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say how the command is called."""
    parser = commands.add_parser("compare", help="set runs side by side, with the ratio of each case to the first run")
    add_run(parser, "base", metavar="A")
    parser.add_argument("others", nargs="+", metavar="B", help="runs to compare with A")
    parser.add_argument("--html", metavar="FILE", help="write a page too, with the ratios as a picture")
    add_baselines(parser)
    parser.set_defaults(run=compare)


def compare(options: argparse.Namespace) -> Exit:
    """Print the table; write the page if there is to be one."""
    sources = [options.base, *options.others]
    runs = [open_run(source, options.baselines) for source in sources]
    page = options.html and output_file(options.html, *(run_folder(s, options.baselines) for s in sources))
    from flowreport.compare import Comparison  # noqa: PLC0415 - pandas takes a second to import
    from flowreport.compare_text import compare_text, letter  # noqa: PLC0415

    comparisons = [Comparison(runs[0], run) for run in runs[1:]]
    sys.stdout.write(compare_text(sources, comparisons))
    if page:
        from flowreport.pages.compare import render_compare  # noqa: PLC0415 - as above, for matplotlib

        write_whole(page, render_compare(sources, comparisons))
    for place, c in enumerate(comparisons, 1):
        if c.differences:
            what = f"{units.plural(len(c.differences), 'difference')} in machine, builds or parameters"
            say(f"warning: A and {letter(place)} were not measured under the same conditions: {what}, listed above")
    return max(say_failed(run, "flowreport summary tells which") for run in runs)
