"""Statistics and the HTML report of a benchmark run. The only place in the project that computes a median."""

from importlib.metadata import version

__version__ = version("flowreport")
