"""Getting Go and Rust where they are missing, also where the distribution's own are too old.

Both are optional: without one its subject is not built, with the reason, and everything else goes on.
"""

import platform
import subprocess
from collections.abc import Callable
from pathlib import Path

from tooling import apt, toolchains
from tooling.apt import Version, parse_version
from tooling.console import say

GO_RELEASE = "1.26.8"  # fetched through the module proxy where there is only an older Go
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def obtain() -> None:
    """Gets the Go and Rust that are missing; says aloud which cannot be had."""
    if toolchains.find_go() is None:
        _obtain("Go", toolchains.wanted_go(), _install_go)
        toolchains.find_go.cache_clear()
    if toolchains.find_cargo() is None:
        _obtain("Rust", toolchains.wanted_rust(), _install_cargo)
        toolchains.find_cargo.cache_clear()


def obtain_linters() -> None:
    """Gets clippy and rustfmt for the cargo there is. `make check` says so when they are still missing."""
    cargo = toolchains.find_cargo()
    if cargo is None or all(toolchains.version_of(cargo, verb, "--version") for verb in ("clippy", "fmt")):
        return
    if (cargo.parent / "rustup").exists():
        say("rustup component add clippy rustfmt")
        subprocess.run([cargo.parent / "rustup", "-q", "component", "add", "clippy", "rustfmt"], check=False)
    elif apt.usable():
        web = apt.is_installed("cargo-web")
        apt.install(["rustfmt-web", "rust-web-clippy"] if web else ["rustfmt", "rust-clippy"])


def packages() -> list[str]:
    """The Debian packages that bring what is missing, as far as apt's lists on this machine tell."""
    wanted = []
    if toolchains.find_go() is None and not any(toolchains.gos()):
        wanted.append(_newest_go_package() or "golang-go")
    if toolchains.find_cargo() is None:
        wanted += _cargo_packages() or ["cargo"]
    return wanted


def _obtain(language: str, wanted: Version, install: Callable[[], str | None]) -> None:
    problem = install()
    if problem is not None:
        version = ".".join(map(str, wanted)) or "any version"
        say(f"no {language} ({version} or newer): {problem}")
        say(f"going on without {language}: its subject will be shown as not built")


def _install_go() -> str | None:
    """Lets an older Go fetch a release; apt's, where there is none. Returns the problem, None when it worked."""
    older = next(toolchains.gos(), None)
    if older is not None:
        return _fetch_go(older)
    if not apt.usable():
        return f"as root, {apt.command(packages())}" if apt.exists() else "put a go on PATH"
    apt.update()
    newest = _newest_go_package()
    if newest is None:
        return "apt has no golang package"
    apt.install([newest, "ca-certificates"])
    if parse_version(newest) >= toolchains.wanted_go():
        return None
    return _fetch_go(Path(f"/usr/lib/{newest.removesuffix('-go').replace('golang', 'go')}/bin/go"))


def _newest_go_package() -> str | None:
    return max(apt.names(r"^golang-1\.[0-9]+-go$"), key=parse_version, default=None) if apt.exists() else None


def _fetch_go(older_go: Path) -> str | None:
    """Downloads GO_RELEASE into the module cache with `older_go`, which checks it against the checksum database.

    Go 1.21 and newer do the same by themselves; an older one leaves two things to us: a module's files have no
    execute permission, and a go.mod inside a module is stored as _go.mod.
    """
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return f"no Go release is known here for {platform.machine()}"
    say(f"fetching Go {GO_RELEASE} (here is only {'.'.join(map(str, toolchains.go_version(older_go)))})")
    module = f"golang.org/toolchain@v0.0.1-go{GO_RELEASE}.linux-{machine}"
    download = subprocess.run(
        [older_go, "mod", "download", module], capture_output=True, text=True, check=False, cwd="/"
    )
    home = toolchains.module_cache(older_go) / module
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
    if not apt.usable():
        return f"as root, {apt.command(packages())}" if apt.exists() else "put a cargo and a rustc on PATH"
    apt.update()
    wanted = _cargo_packages()
    if not wanted:
        return "apt offers none that is new enough"
    apt.install([*wanted, "gcc", "libc6-dev", "ca-certificates"])
    return None


def _cargo_packages() -> list[str]:
    """Distributions keep a newer Rust beside their first one under another name: cargo-web, cargo-1.80."""
    if not apt.exists():
        return []
    numbered = sorted(apt.names(r"^cargo-1\.[0-9]+$"), key=parse_version, reverse=True)
    for package in ("cargo", "cargo-web", *numbered):
        version = apt.candidate(package)
        if version and version >= toolchains.wanted_rust():
            return [package, package.replace("cargo", "rustc")]
    return []
