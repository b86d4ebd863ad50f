"""Installs what is missing for the goals named; does nothing, quickly, when nothing is."""

import fcntl

from tooling import apt, environments, languages, libraries, readers
from tooling.console import ROOT, UserError, run_main, say
from tooling.needs import COMPILER, Need, compiler_packages, needs_of


def main(arguments: list[str]) -> int:
    """Arguments: goals (build bench test check micro fuzz); none means test."""
    goals = arguments or ["test"]
    needs = needs_of(goals)
    with _OneAtATime():
        missing = [need for need in needs if not need.present()]
        if missing:
            install(missing)
        languages.obtain()
        libraries.obtain()
        if "check" in goals:
            languages.obtain_linters()
        environments.make_venv()
        if "test" in goals:
            environments.make_node_modules()
            readers.obtain()
    return 0


def install(missing: list[Need]) -> None:
    """Installs what is missing by apt, or raises UserError with the commands to run."""
    names = ", ".join(need.name for need in missing)
    if not apt.exists():
        raise UserError(f"missing: {names}\nThis machine has no apt-get; install them with its package manager.")
    if not apt.usable():
        packages = [package for need in missing for package in need.packages]
        packages += [*languages.packages(), *libraries.packages()]
        raise UserError(f"missing: {names}\nNot root, so run this and start again:\n  {apt.command(packages)}")
    apt.update()
    packages = []
    for need in missing:
        packages += compiler_packages() if need is COMPILER else need.packages
    apt.install(list(dict.fromkeys(packages)))
    still = [need.name for need in missing if not need.present()]
    if still:
        raise UserError(f"still missing after the installation: {', '.join(still)}")
    say(f"installed: {names}")


class _OneAtATime:
    """A lock on build/.bootstrap.lock: `make -j` and two terminals must not fill .venv at once."""

    def __enter__(self) -> None:
        (ROOT / "build").mkdir(exist_ok=True)
        self._file = (ROOT / "build/.bootstrap.lock").open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self._file.close()


if __name__ == "__main__":
    run_main(main)
