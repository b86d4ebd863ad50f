import os
import subprocess
from pathlib import Path

import pytest

from tooling import gate_base
from tooling.gate_base import Repository
from tooling.gate_problems import RefusedError


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path, title: str, text: str) -> str:
    (folder / "source").write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", title)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone whose first commit is older than the contract, and whose tag `base` is not."""
    root = tmp_path / "clone"
    root.mkdir()
    git(root, "init", "-q")
    (root / ".gitignore").write_text("/build/\n")
    commit(root, "older", "0")
    for name in gate_base.CONTRACT:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("{}")
    commit(root, "the base", "1")
    git(root, "tag", "base")
    commit(root, "the head", "2")
    return root


def refusal(clone: Path, ref: str) -> RefusedError:
    repository = Repository(clone)
    with pytest.raises(RefusedError) as caught, repository.checked_out(repository.commit(ref)):
        pass
    return caught.value


def test_a_base_is_checked_out_below_build_and_the_working_tree_stays(clone: Path) -> None:
    repository = Repository(clone)
    base = repository.commit("base")
    assert base.title == "the base"
    with repository.checked_out(base) as place:
        assert place == clone / "build/gate" / base.sha
        assert (place / "source").read_text() == "1"
    assert (clone / "source").read_text() == "2"
    assert not repository.is_dirty()


def test_a_checkout_is_used_again_with_what_was_built_in_it(clone: Path) -> None:
    repository = Repository(clone)
    for _ in range(2):
        with repository.checked_out(repository.commit("base")) as place:
            made = place / "build/release/bin"
            before = made.exists()
            made.mkdir(parents=True, exist_ok=True)
    assert before


def test_a_checkout_that_make_clean_removed_is_made_again(clone: Path) -> None:
    repository = Repository(clone)
    with repository.checked_out(repository.commit("base")):
        pass
    subprocess.run(["rm", "-rf", str(clone / "build")], check=True)
    with repository.checked_out(repository.commit("base")) as place:
        assert (place / "source").read_text() == "1"


@pytest.mark.parametrize("change", ["edited", "added", "other commit", "no checkout"])
def test_a_checkout_that_is_not_clean_is_refused_and_stays(clone: Path, change: str) -> None:
    repository = Repository(clone)
    with repository.checked_out(repository.commit("base")) as place:
        pass
    if change == "edited":
        (place / "source").write_text("mine")
    elif change == "added":
        (place / "mine").write_text("mine")
    elif change == "other commit":
        git(place, "checkout", "-q", "--detach", "HEAD~1")
    else:
        (place / ".git").unlink()
    caught = refusal(clone, "base")
    assert caught.problem.kind == "worktree_changed"
    assert "not a clean checkout" in str(caught)
    assert place.exists()


@pytest.mark.parametrize("ref", ["nothing", "--help", "", "base;id", "a\nb", "base:source", "HEAD~9"])
def test_what_names_no_commit_is_an_unknown_ref_in_one_line(clone: Path, ref: str) -> None:
    caught = refusal(clone, ref)
    assert caught.problem.kind == "unknown_ref"
    assert "git fetch" in str(caught)
    assert "\n" not in str(caught)


def test_a_shallow_clone_says_how_to_get_the_rest(clone: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{clone}", "shallow")
    caught = refusal(tmp_path / "shallow", "HEAD~1")
    assert caught.problem.kind == "unknown_ref"
    assert "git fetch --unshallow" in str(caught)


def test_outside_git_there_is_no_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(RefusedError, match="not a git checkout"):
        Repository(tmp_path).commit("HEAD")


def test_a_base_without_the_contract_is_refused_and_not_checked_out(clone: Path) -> None:
    caught = refusal(clone, "base~1")
    assert caught.problem.kind == "predates_contract"
    assert gate_base.CATALOG in str(caught)
    assert not (clone / "build/gate").exists()


def test_changes_and_new_files_make_the_tree_dirty(clone: Path) -> None:
    repository = Repository(clone)
    (clone / "new").write_text("")
    assert repository.is_dirty()


def test_a_title_with_control_characters_is_shown_as_one_line(clone: Path) -> None:
    (clone / "source").write_text("3")
    git(clone, "commit", "-qam", "red \x1b[31m and \u202e more")
    assert Repository(clone).commit("HEAD").title == "red [31m and more"


def test_only_the_checkouts_used_last_stay_and_none_with_changes_goes(clone: Path) -> None:
    repository = Repository(clone)
    places = []
    for i in range(gate_base.KEPT + 3):
        sha = commit(clone, f"commit {i}", str(10 + i))
        with repository.checked_out(repository.commit(sha)) as place:
            places.append(place)
        os.utime(place / "build/used", (i, i))
        if i == 0:
            (place / "mine").write_text("")
    assert [place.exists() for place in places] == [True, False, False, *[True] * gate_base.KEPT]


def test_hooks_of_the_user_do_not_run(clone: Path) -> None:
    hook = clone / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {clone}/hooked\n")
    hook.chmod(0o755)
    repository = Repository(clone)
    with repository.checked_out(repository.commit("base")):
        pass
    assert not (clone / "hooked").exists()
