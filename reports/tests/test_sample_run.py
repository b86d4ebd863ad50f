"""The made-up run must be a run by the contract, or the other tests prove nothing."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conftest import CONTRACT
from sample_run import write_sample_run


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((CONTRACT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema)


def test_run_and_each_trial_keep_to_the_contracts_schemas(sample_folder: Path) -> None:
    validator("run").validate(json.loads((sample_folder / "run.json").read_text(encoding="utf-8")))
    trial = validator("trial")
    lines = (sample_folder / "trials.jsonl").read_text(encoding="utf-8").splitlines()
    assert lines
    for line in lines:
        trial.validate(json.loads(line))


@pytest.mark.parametrize("name", ["run.json", "trials.jsonl"])
def test_same_seed_gives_the_same_run(sample_folder: Path, tmp_path: Path, name: str) -> None:
    again = write_sample_run(tmp_path / "again")
    assert (again / name).read_bytes() == (sample_folder / name).read_bytes()
