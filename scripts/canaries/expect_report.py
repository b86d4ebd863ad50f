#!/usr/bin/env python3
"""expect_report.py TEXT PROGRAM: exits 0 only if PROGRAM fails and its report on stderr contains TEXT."""

import subprocess
import sys


def main() -> int:
    expected, program = sys.argv[1:]
    done = subprocess.run([program], capture_output=True, text=True, errors="replace", check=False)
    if done.returncode == 0:
        print(f"the canary lived: {program} exited 0, so this job cannot find what it is for")
        return 1
    if expected not in done.stderr:
        print(f"{program} exited with {done.returncode}, but without '{expected}':\n{done.stderr}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
