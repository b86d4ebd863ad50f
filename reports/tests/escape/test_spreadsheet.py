"""Fields of CSV files that no spreadsheet runs."""

import csv
import io
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowreport.escape.spreadsheet import csv_field

SCRIPT = Path(__file__).parents[2] / "src/flowreport/static/script/raw.js"


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (None, ""),
        (5, "5"),
        (-5, "-5"),
        (2.5e-09, "2.5e-09"),
        (True, "true"),
        ("plain", "plain"),
        ("18446744073709551615", "18446744073709551615"),
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", '"\'\rx"'),
        ("  =1", "'  =1"),
        ("\ufeff=1", "'\ufeff=1"),
        ('a "b", c', '"a ""b"", c"'),
        ("two\nlines", '"two\nlines"'),
        ("bell\x07 esc\x1b", "bell\ufffd esc\ufffd"),
        ("lone \ud800", "lone \ufffd"),
    ],
)
def test_csv_field(value: object, field: str) -> None:
    assert csv_field(value) == field


@given(st.lists(st.text(max_size=20), min_size=2, max_size=4))
@example(["=cmd()|'/c calc'!A1", '"', "\r\n=1"])
def test_a_row_is_read_back_field_by_field_and_none_is_a_formula(texts: list[str]) -> None:
    line = ",".join(map(csv_field, texts)) + "\r\n"
    line.encode("utf-8")
    (row,) = csv.reader(io.StringIO(line, newline=""), strict=True)
    assert len(row) == len(texts)
    for read, text in zip(row, texts, strict=True):
        assert not read.lstrip().startswith(("=", "+", "-", "@", "\t", "\r"))
        assert read.removeprefix("'") == csv_clean(text) or read == csv_clean(text)


def csv_clean(text: str) -> str:
    control = [*range(9), 11, 12, *range(14, 32), *range(127, 160), *range(0xD800, 0xE000)]
    return text.translate(dict.fromkeys(control, "\ufffd"))


def test_the_browser_has_the_same_rule() -> None:
    """Runs the page's own function in node, cut out of its script."""
    assert shutil.which("node"), "node is missing; scripts/bootstrap test installs it"
    script = SCRIPT.read_text(encoding="utf-8")
    start = script.index("const csvField")
    source = script[start : script.index("};", start) + 2]
    texts = ["=1", " =1", "-x", "@a", "\tx", "\rx", "a,b", 'q"q', "n\nn", "c\x07c", "plain", "\ufeff+1", "a=b", "'=1"]
    program = f"{source}\nconsole.log(JSON.stringify({json.dumps(texts)}.map(csvField)))"
    shown = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True).stdout
    assert json.loads(shown) == [csv_field(text) for text in texts]
