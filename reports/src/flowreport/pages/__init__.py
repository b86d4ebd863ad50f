"""The HTML report: one module per section makes what one template shows; report.py puts them together."""
