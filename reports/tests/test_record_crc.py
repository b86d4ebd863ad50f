"""Lines of trials.jsonl that are not as they were written."""

import zlib
from pathlib import Path

import pytest

from conftest import CONTRACT
from flowreport.errors import ResultsError
from flowreport.load import load_run, read_trials_file
from flowreport.record_crc import CrcCheck

CRC = CONTRACT / "fixtures/trials/ok_crc.jsonl"


def with_crc(line: bytes) -> bytes:
    """A JSON object with its CRC as the last key."""
    return line[:-1] + f',"crc32":"{zlib.crc32(line[:-1]):08x}"}}'.encode()


def test_the_harness_and_we_mean_the_same() -> None:
    check = CrcCheck()
    lines = CRC.read_bytes().splitlines()
    assert lines
    assert [check(line) for line in lines] == [None] * len(lines)
    assert all(b'"crc32"' in line for line in lines)


def test_every_bit_that_is_not_as_it_was_is_found() -> None:
    good = with_crc(b'{"v":1,"trial":7,"reason":"x"}')
    for bit in range(8 * len(good)):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        check = CrcCheck()
        assert check(good) is None
        assert (check(bytes(bad)) or "").startswith("damaged"), bytes(bad)


def test_a_line_that_is_cut_or_has_more_is_found() -> None:
    good = with_crc(b'{"v":1,"trial":7}')
    check = CrcCheck()
    assert check(good) is None
    for bad in (*(good[:n] for n in range(len(good))), good + b" ", good + good):
        assert (check(bad) or "").startswith("damaged"), bad


def test_lines_from_before_there_was_one_are_good_and_none_may_follow_one() -> None:
    check = CrcCheck()
    assert check(b'{"v":1,"trial":0}') is None
    assert check(rb'{"v":1,"reason":"it says \"crc32\":\"00000000\""}') is None
    assert check(with_crc(b'{"v":1,"trial":1}')) is None
    assert check(b'{"v":1,"trial":2}') == (
        "damaged: it has no CRC, and lines before it have one; restore the file from a copy, or measure again"
    )


@pytest.mark.parametrize("newline", [b"\n", b""])
def test_a_number_that_became_another_is_never_used(tmp_path: Path, newline: bytes) -> None:
    """The line is still good JSON, and all that it says may be so."""
    first, second, *_ = CRC.read_bytes().splitlines()
    assert second.count(b'"round":0,') == 1
    path = tmp_path / "trials.jsonl"
    path.write_bytes(first + b"\n" + second.replace(b'"round":0,', b'"round":1,') + newline)
    with pytest.raises(ResultsError) as caught:
        read_trials_file(path)
    assert str(caught.value) == (
        f"{path}:2: damaged: its CRC-32 does not fit its text; restore the file from a copy, or measure again"
    )
    (tmp_path / "run.json").write_bytes((CONTRACT / "fixtures/runs/ok.json").read_bytes())
    with pytest.raises(ResultsError):
        load_run(tmp_path)
