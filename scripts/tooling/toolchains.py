"""Go and Rust: which version our sources ask for, and where one is."""

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tooling.apt import Version, parse_version
from tooling.console import ROOT


def environment() -> dict[str, str]:
    """This process's environment with the directories of the Go and Rust that we chose in front of PATH."""
    chosen = [program.parent for program in (find_go(), find_cargo()) if program is not None]
    path = os.environ.get("PATH", os.defpath)
    known = path.split(os.pathsep)
    front = [str(folder) for folder in chosen if str(folder) not in known or _shadowed(folder, known)]
    return {**os.environ, "PATH": os.pathsep.join([*front, path])}


def wanted_go() -> Version:
    """The version in the `go` line of go.mod."""
    match = re.search(r"^go (\S+)", (ROOT / "go_bench/go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    return parse_version(match.group(1)) if match else ()


def wanted_rust() -> Version:
    """The `rust-version` of the Rust workspace."""
    manifest = tomllib.loads((ROOT / "rust_bench/Cargo.toml").read_text(encoding="utf-8"))
    package = manifest.get("workspace", {}).get("package") or manifest.get("package", {})
    return parse_version(package.get("rust-version", ""))


@cache
def find_go() -> Path | None:
    """A `go` that is new enough, or None."""
    return next((go for go in gos() if go_version(go) >= wanted_go()), None)


@cache
def find_cargo() -> Path | None:
    """A `cargo` that is new enough and has a rustc beside it, or None."""
    for cargo in _programs("cargo", [Path.home() / ".cargo/bin", *sorted(Path("/usr/lib").glob("rust-*/bin"))]):
        if (cargo.parent / "rustc").exists() and version_of(cargo, "--version") >= wanted_rust():
            return cargo
    return None


def gos() -> Iterator[Path]:
    """Every `go` there is, new enough or not: on PATH, in the usual places, fetched into the module cache."""
    places = [Path("/usr/local/go/bin"), *sorted(Path("/usr/lib").glob("go-*/bin"), reverse=True)]
    gos = list(_programs("go", places))
    yield from gos
    if gos:
        fetched = module_cache(gos[0]) / "golang.org"
        yield from (go for go in fetched.glob("toolchain@*/bin/go") if os.access(go, os.X_OK))


def _programs(name: str, places: list[Path]) -> Iterator[Path]:
    on_path = shutil.which(name)
    if on_path is not None:
        yield Path(on_path)
    yield from (place / name for place in places if os.access(place / name, os.X_OK))


def module_cache(go: Path) -> Path:
    """Where `go` keeps what it downloads."""
    asked = subprocess.run([go, "env", "GOMODCACHE"], capture_output=True, text=True, check=False, cwd="/")
    return Path(asked.stdout.strip() or Path.home() / "go/pkg/mod")


def go_version(go: Path) -> Version:
    """The version of `go` itself, not of one that it would fetch for our go.mod."""
    return version_of(go, "version", GOTOOLCHAIN="local")


def version_of(program: Path, *arguments: str, **extra: str) -> Version:
    """The version that `program ARGUMENTS` prints, () when it fails. `extra` goes into its environment."""
    asked = subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=False, cwd="/", env={**os.environ, **extra}
    )
    return parse_version(asked.stdout) if asked.returncode == 0 else ()


def _shadowed(folder: Path, known: list[str]) -> bool:
    """Whether another folder before `folder` on PATH has a go or cargo of its own."""
    before = known[: known.index(str(folder))]
    return any(os.access(Path(place) / name, os.X_OK) for place in before for name in ("go", "cargo"))
