"""Text that others wrote, made safe to look at: nothing in it can move a cursor or reorder a line."""

import re

# ECMA-48 control sequences (CSI) and operating-system commands (OSC), as subjects print them into reasons.
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]")
# C0, DEL, C1; the bidirectional overrides, isolates and marks; line and paragraph separators; the byte-order mark;
# lone surrogates, which JSON can hold and UTF-8 cannot.
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")

# In a URL, or what was meant as one: what stands between the colon behind the user and the last @ of the word.
_PASSWORD = re.compile(r"\b([a-z][a-z0-9+.-]*:/*[^\s/:@]*:)\S*@", re.IGNORECASE)


def visible(text: str) -> str:
    """One line of plain text: escape sequences are dropped, white space is one space, the rest becomes U+FFFD."""
    text = _ESCAPES.sub("", text)
    text = re.sub(r"[\t\n\v\f\r ]+", " ", text)
    return _INVISIBLE.sub("\ufffd", text)


def log_line(text: str) -> str:
    """Visible text that a CI runner does not take for a command to itself, for a terminal or a log.

    Runners read commands from output: a line that begins with two colons, `##[…]`, `##name[…]`.
    """
    text = visible(text).replace("##", "# #")
    return re.sub("^( *):(?=:)", r"\1: ", text)


def without_passwords(text: str) -> str:
    """The text with *** for the password of each URL, for messages that quote what a user typed."""
    return _PASSWORD.sub(r"\1***@", text)
