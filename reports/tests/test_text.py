"""Making other people's text visible."""

import pytest

from flowreport.text import visible, without_passwords


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain – text, 中文, µ", "plain – text, 中文, µ"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07rest", "rest"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("two\r\nlines\tand  spaces", "two lines and spaces"),
        ("nul\x00 bell\x07 del\x7f csi\x9b", "nul\ufffd bell\ufffd del\ufffd csi\ufffd"),
        ("bidi \u202eabc\u2066d\u200f", "bidi \ufffdabc\ufffdd\ufffd"),
        ("lone \ud800 surrogate", "lone \ufffd surrogate"),
        ("cut \x1b", "cut \ufffd"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_nothing_that_moves_a_cursor_survives() -> None:
    every = "".join(chr(c) for c in range(0x110000))
    shown = visible(every)
    assert not [c for c in shown if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0]
    assert visible(shown) == shown
    shown.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a postgresql://me:p@ss/w:rd@h:1/d b", "a postgresql://me:***@h:1/d b"),
        ("postgresql:/me:secret@h", "postgresql:/me:***@h"),
        ("HTTPS://u:p@h and x://v:q@i", "HTTPS://u:***@h and x://v:***@i"),
        ("http://h:80/a at 12:30", "http://h:80/a at 12:30"),
        ("postgresql://me@h/d", "postgresql://me@h/d"),
    ],
)
def test_passwords_of_urls_are_left_out(text: str, shown: str) -> None:
    assert without_passwords(text) == shown
