"""`python -m flowreport`."""

from flowreport.cli import main

main()
