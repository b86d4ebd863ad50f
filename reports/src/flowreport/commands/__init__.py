"""One file per command. Each has `add_parser(commands)`, which says how it is called and sets `run` to its function.

That function takes the options and returns the exit code; what is wrong with the input it raises as ReportError.
Imports that take long (pandas, matplotlib) belong into the function: `-h` and the other commands do without.
"""
