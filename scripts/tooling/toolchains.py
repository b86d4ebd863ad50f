"""Go and Rust: which version our sources ask for, where one is, and how to get one that apt is too old for.

Both are optional: without one its subject is not built, with the reason, and everything else goes on.
"""

import os
import platform
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from tooling import apt
from tooling.apt import Version, parse_version
from tooling.console import ROOT, say

GO_RELEASE = "1.26.8"  # fetched through the module proxy where apt has only an older Go
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def environment() -> dict[str, str]:
    """This process's environment with the directories of the Go and Rust that we chose in front of PATH."""
    chosen = [program.parent for program in (find_go(), find_cargo()) if program is not None]
    path = os.environ.get("PATH", os.defpath)
    known = path.split(os.pathsep)
    front = [str(folder) for folder in chosen if str(folder) not in known or _shadowed(folder, known)]
    return {**os.environ, "PATH": os.pathsep.join([*front, path])}


def wanted_go() -> Version:
    """The version in the `go` line of go.mod."""
    match = re.search(r"^go (\S+)", (ROOT / "go_bench/go.mod").read_text(), re.MULTILINE)
    return parse_version(match.group(1)) if match else ()


def wanted_rust() -> Version:
    """The `rust-version` of the Rust workspace."""
    manifest = tomllib.loads((ROOT / "rust_bench/Cargo.toml").read_text())
    package = manifest.get("workspace", {}).get("package") or manifest.get("package", {})
    return parse_version(package.get("rust-version", ""))


@cache
def find_go() -> Path | None:
    """A `go` that is new enough, or None."""
    return next((go for go in _gos() if _go_version(go) >= wanted_go()), None)


@cache
def find_cargo() -> Path | None:
    """A `cargo` that is new enough and has a rustc beside it, or None."""
    for cargo in _programs("cargo", [Path.home() / ".cargo/bin", *sorted(Path("/usr/lib").glob("rust-*/bin"))]):
        if (cargo.parent / "rustc").exists() and _version_of(cargo, "--version") >= wanted_rust():
            return cargo
    return None


def obtain() -> None:
    """Gets the Go and Rust that are missing; says aloud which cannot be had."""
    if find_go() is None:
        _obtain("Go", wanted_go(), "go", _install_go)
        find_go.cache_clear()
    if find_cargo() is None:
        _obtain("Rust", wanted_rust(), "cargo", _install_cargo)
        find_cargo.cache_clear()


def obtain_linters() -> None:
    """Gets clippy and rustfmt for the cargo there is. `make check` says so when they are still missing."""
    cargo = find_cargo()
    if cargo is None or all(_version_of(cargo, verb, "--version") for verb in ("clippy", "fmt")):
        return
    if (cargo.parent / "rustup").exists():
        say("rustup component add clippy rustfmt")
        subprocess.run([cargo.parent / "rustup", "-q", "component", "add", "clippy", "rustfmt"], check=False)
    elif apt.usable():
        web = apt.is_installed("cargo-web")
        apt.install(["rustfmt-web", "rust-web-clippy"] if web else ["rustfmt", "rust-clippy"])


def _obtain(language: str, wanted: Version, program: str, install: Callable[[], str | None]) -> None:
    version = ".".join(map(str, wanted)) or "any version"
    if not apt.usable():
        say(f"{language} {version} or newer is not here: put its {program} on PATH (as root this script gets it)")
    elif (problem := install()) is not None:
        say(f"{language} {version} or newer cannot be had: {problem}")
    else:
        return
    say(f"going on without {language}: its subject will be shown as not built")


def _install_go() -> str | None:
    """Installs Go from apt, or lets apt's older Go fetch a release. Returns the problem, None when it worked."""
    apt.update()
    newest = max(apt.names(r"^golang-1\.[0-9]+-go$"), key=parse_version, default=None)
    if newest is None:
        return "apt has no golang package"
    apt.install([newest, "ca-certificates"])
    if parse_version(newest) >= wanted_go():
        return None
    go = Path(f"/usr/lib/{newest.removesuffix('-go').replace('golang', 'go')}/bin/go")
    return _fetch_go(go)


def _fetch_go(older_go: Path) -> str | None:
    """Downloads GO_RELEASE into the module cache with `older_go`, which checks it against the checksum database.

    Go 1.21 and newer do the same by themselves; an older one leaves two things to us: a module's files have no
    execute permission, and a go.mod inside a module is stored as _go.mod.
    """
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return f"no Go release is known here for {platform.machine()}"
    say(f"fetching Go {GO_RELEASE} (apt has {'.'.join(map(str, _go_version(older_go)))})")
    module = f"golang.org/toolchain@v0.0.1-go{GO_RELEASE}.linux-{machine}"
    download = subprocess.run(
        [older_go, "mod", "download", module], capture_output=True, text=True, check=False, cwd="/"
    )
    home = _module_cache(older_go) / module
    if download.returncode != 0 or not home.is_dir():
        lines = download.stderr.strip().splitlines()
        return f"go mod download {module} failed: {lines[-1] if lines else 'no reason given'}"
    for folder in (home / "bin", *(home / "pkg/tool").glob("*")):
        for file in folder.iterdir():
            file.chmod(0o755)
    for stored in [*(home / "src").rglob("_go.mod"), *(home / "misc").rglob("_go.mod")]:
        stored.parent.chmod(0o755)
        stored.rename(stored.with_name("go.mod"))
    return None


def _install_cargo() -> str | None:
    """Installs the first of apt's Rust packages that is new enough. Returns the problem, None when it worked."""
    apt.update()
    numbered = sorted(apt.names(r"^cargo-1\.[0-9]+$"), key=parse_version, reverse=True)
    offers = {package: apt.candidate(package) for package in ("cargo", "cargo-web", *numbered)}
    for package, version in offers.items():
        if version and version >= wanted_rust():
            apt.install([package, package.replace("cargo", "rustc"), "gcc", "libc6-dev", "ca-certificates"])
            return None
    offered = ", ".join(f"{package} {'.'.join(map(str, version))}" for package, version in offers.items() if version)
    return f"apt offers {offered or 'none'}"


def _gos() -> Iterator[Path]:
    places = [Path("/usr/local/go/bin"), *sorted(Path("/usr/lib").glob("go-*/bin"), reverse=True)]
    gos = list(_programs("go", places))
    yield from gos
    if gos:
        fetched = _module_cache(gos[0]) / "golang.org"
        yield from (go for go in fetched.glob("toolchain@*/bin/go") if os.access(go, os.X_OK))


def _programs(name: str, places: list[Path]) -> Iterator[Path]:
    on_path = shutil.which(name)
    if on_path is not None:
        yield Path(on_path)
    yield from (place / name for place in places if os.access(place / name, os.X_OK))


def _module_cache(go: Path) -> Path:
    asked = subprocess.run([go, "env", "GOMODCACHE"], capture_output=True, text=True, check=False, cwd="/")
    return Path(asked.stdout.strip() or Path.home() / "go/pkg/mod")


def _go_version(go: Path) -> Version:
    return _version_of(go, "version", GOTOOLCHAIN="local")


def _version_of(program: Path, *arguments: str, **extra: str) -> Version:
    asked = subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=False, cwd="/", env={**os.environ, **extra}
    )
    return parse_version(asked.stdout) if asked.returncode == 0 else ()


def _shadowed(folder: Path, known: list[str]) -> bool:
    """Whether another folder before `folder` on PATH has a go or cargo of its own."""
    before = known[: known.index(str(folder))]
    return any(os.access(Path(place) / name, os.X_OK) for place in before for name in ("go", "cargo"))
