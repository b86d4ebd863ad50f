"""The commit that a gate compares with: found in git, and checked out into a folder of its own below build/gate/."""

import contextlib
import fcntl
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tooling.console import ROOT, say
from tooling.gate_problems import RefusedError, one_line

CATALOG = "harness/contract/catalog.json"
CONTRACT = (CATALOG, "CMakePresets.json", "CMakeLists.txt")
KEPT = 3  # how many checkouts stay: each holds a build, which the next gate against it reuses


@dataclass(frozen=True)
class Commit:
    """A commit and its first line."""

    sha: str
    title: str

    @property
    def short(self) -> str:
        """As git shows it."""
        return self.sha[:12]


@dataclass(frozen=True)
class Repository:
    """A clone, whose working tree is the candidate."""

    root: Path = ROOT

    def commit(self, ref: str) -> Commit:
        """The commit that `ref` names. Raises RefusedError."""
        found = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        if found.returncode != 0:
            raise RefusedError("unknown_ref", self._why_unknown(ref))
        sha = found.stdout.strip()
        title = self._git("log", "-1", "--format=%s", sha).stdout
        return Commit(sha, one_line(title))

    def is_dirty(self) -> bool:
        """Whether the working tree holds changes or files that no commit has."""
        return bool(self._git("status", "--porcelain").stdout.strip())

    @contextlib.contextmanager
    def checked_out(self, commit: Commit) -> Iterator[Path]:
        """A clean checkout of `commit` in build/gate/<sha>, with what an earlier gate built there. Raises RefusedError.

        No other gate changes the checkouts meanwhile.
        """
        self._require_contract(commit)
        folder = self.root / "build/gate"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("waiting for another gate of this clone")
                fcntl.flock(lock, fcntl.LOCK_EX)
            place = folder / commit.sha
            self._check_out(commit, place)
            (place / "build").mkdir(exist_ok=True)
            (place / "build/used").touch()
            self._prune(folder, place)
            yield place

    def _require_contract(self, commit: Commit) -> None:
        for name in CONTRACT:
            if self._git("cat-file", "-e", f"{commit.sha}:{name}").returncode != 0:
                raise RefusedError(
                    "predates_contract",
                    f"{commit.short} ({commit.title}) has no {name}: it is older than the contract of the subjects, "
                    "so there is nothing to compare with; name a newer commit",
                )

    def _check_out(self, commit: Commit, place: Path) -> None:
        if place.exists():
            self._require_clean(commit, place)
            return
        say(f"checking {commit.short} out into {place.relative_to(self.root)}")
        # --force: `make clean` removes the folder and not what git knows about it. No hook of the user's runs.
        added = self._git(
            "-c", "core.hooksPath=/dev/null", "worktree", "add", "--force", "--detach", str(place), commit.sha
        )
        if added.returncode != 0:
            raise RefusedError("unknown_ref", f"git cannot check {commit.short} out: {one_line(added.stderr)}")

    def _require_clean(self, commit: Commit, place: Path) -> None:
        head = self._git("-C", str(place), "rev-parse", "--show-toplevel", "HEAD")
        changed = self._git("-C", str(place), "status", "--porcelain", "--", ".", ":!build")
        is_it = head.stdout.splitlines() == [str(place.resolve()), commit.sha]
        if head.returncode != 0 or changed.returncode != 0 or not is_it or changed.stdout.strip():
            shown = place.relative_to(self.root)
            raise RefusedError(
                "worktree_changed",
                f"{shown} is not a clean checkout of {commit.short}; when nothing in it is needed, "
                f"rm -rf {shown} && git worktree prune",
            )

    def _prune(self, folder: Path, current: Path) -> None:
        """Removes the checkouts that were not used for longest; git refuses where there are changes, and it stays."""
        checkouts = [
            path for path in folder.iterdir() if re.fullmatch(r"[0-9a-f]{40,64}", path.name) and path != current
        ]
        for old in sorted(checkouts, key=_last_used, reverse=True)[KEPT - 1 :]:
            removed = self._git("worktree", "remove", str(old))
            if removed.returncode == 0:
                say(f"removed {old.relative_to(self.root)}, which no gate used lately")

    def _why_unknown(self, ref: str) -> str:
        inside = self._git("rev-parse", "--is-shallow-repository")
        if inside.returncode != 0:
            return "this folder is not a git checkout, so there is no commit to compare with; clone the repository"
        shown = one_line(ref, 100)
        if inside.stdout.strip() == "true":
            return (
                f"'{shown}' is no commit of this clone, which is shallow: git fetch --unshallow, "
                "or fetch-depth: 0 in the checkout step of a pipeline"
            )
        return f"'{shown}' is no commit of this clone; git fetch gets those of a remote, git branch -a lists names"

    def _git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *arguments], cwd=self.root, capture_output=True, text=True, errors="replace", check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip


def _last_used(place: Path) -> float:
    mark = place / "build/used"
    return mark.stat().st_mtime if mark.exists() else 0.0
