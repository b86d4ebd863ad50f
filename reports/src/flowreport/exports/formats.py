"""The formats by the name that the command line knows them by."""

from collections.abc import Callable, Mapping

from flowreport.exports import bmf, csv_text, gbench, gha, gotext, hyperfine, junit, markdown, pyperf
from flowreport.model import Run

FORMATS: Mapping[str, Callable[[Run], str]] = {
    "gbench": gbench.export,
    "bmf": bmf.export,
    "gha": gha.export,
    "hyperfine": hyperfine.export,
    "pyperf": pyperf.export,
    "gotext": gotext.export,
    "csv": csv_text.export,
    "markdown": markdown.export,
    "junit": junit.export,
}
