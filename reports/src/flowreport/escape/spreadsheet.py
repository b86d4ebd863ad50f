"""Fields of a CSV file (RFC 4180) that no spreadsheet runs as a formula; the rule of static/script/raw.js."""

import re

# What CSV readers and people may keep: tab, line feed, carriage return. All other control characters go.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# A spreadsheet runs a text that starts like a formula (CWE-1236), also behind white space.
_FORMULA = re.compile("[\\s\ufeff]*[=+\\-@\t\r]")
_QUOTED = re.compile('[",\r\n]')


def csv_field(value: object) -> str:
    """One field. Numbers and booleans stay what they are, None is empty, a text like a formula gets an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = _CONTROL.sub("\ufffd", str(value))
    if _FORMULA.match(text):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
