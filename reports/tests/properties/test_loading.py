"""Whatever stands in the files of a run: it is read, or refused with one line, and nothing else happens."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import ANYTHING, changed, damaged, texts
from flowreport.errors import ReportError
from flowreport.fields import U64_MAX, FieldError, Fields
from flowreport.load import load_run
from flowreport.model import Run
from flowreport.summary import summarize

RUNS = texts("run")
TRIALS = texts("trials")
GOOD_RUN = next(text for text in RUNS if '"benchmark"' in text)
SHORTEST_TRIALS = [
    line + "\n" for text in TRIALS for line in text.splitlines() if line.startswith("{") and line.endswith("}")
]


def read(run: bytes, trials: bytes) -> Run | None:
    """What becomes of these files; refused is None."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "run.json").write_bytes(run)
        (folder / "trials.jsonl").write_bytes(trials)
        try:
            return load_run(folder)
        except ReportError as error:
            refusal = str(error)
    assert "\n" not in refusal
    assert len(refusal) < 2_000
    return None


def show(run: Run | None) -> None:
    """A run that was read can be shown."""
    if run is not None:
        text = summarize(run)
        assert not [sign for sign in text if (ord(sign) < 32 and sign != "\n") or 0x7F <= ord(sign) < 0xA0]


@given(run=st.sampled_from(RUNS).flatmap(changed))
def test_a_changed_run_file_is_read_or_refused(run: str) -> None:
    show(read(run.encode(), b""))


@given(trial=st.sampled_from(SHORTEST_TRIALS).flatmap(changed))
def test_a_changed_trial_is_read_or_refused(trial: str) -> None:
    show(read(GOOD_RUN.encode(), trial.encode() + b"\n"))


@given(run=st.sampled_from(RUNS).flatmap(damaged))
def test_a_damaged_run_file_is_read_or_refused(run: bytes) -> None:
    show(read(run, b""))


@given(trials=st.sampled_from(TRIALS).flatmap(damaged))
def test_damaged_trials_are_read_or_refused(trials: bytes) -> None:
    show(read(GOOD_RUN.encode(), trials))


READERS = [name for name in dir(Fields) if not name.startswith("_") and name not in {"at", "has", "names", "get"}]


@pytest.mark.parametrize("name", READERS)
@given(value=ANYTHING)
def test_a_field_is_of_its_type_or_an_error_that_names_it(name: str, value: object) -> None:
    fields = Fields({"the_key": value})
    extra: dict[str, tuple[object, ...]] = {
        "choice": (("ok", "go"),),
        "items": (lambda item, path: Fields(item, path).names(),),
    }
    refusal, found = None, None
    try:
        found = getattr(fields, name)("the_key", *extra.get(name, ()))
    except FieldError as error:
        refusal = str(error)
    if refusal is not None:
        assert "the_key" in refusal
        assert "\n" not in refusal
        return
    if name in {"count", "decimal"}:
        assert isinstance(found, int)
        assert 0 <= found <= U64_MAX
    if name in {"line", "id"}:
        assert found
        assert "\n" not in found
        assert "\r" not in found


@given(value=ANYTHING)
def test_only_an_object_has_fields(value: object) -> None:
    if not isinstance(value, dict):
        with pytest.raises(FieldError):
            Fields(value)


def test_a_key_with_a_line_break_stays_on_its_line() -> None:
    with pytest.raises(FieldError, match=r"^the_key\.'\\n' must be a string, found null$"):
        Fields({"the_key": {"\n": None}}).texts("the_key")
