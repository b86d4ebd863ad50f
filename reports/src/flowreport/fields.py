"""Typed reading of one JSON object: a missing or mistyped known key is an error that names the key.

Unknown keys are ignored, as docs/contract.md asks of every reader.
"""

import re
from collections.abc import Callable
from math import isfinite
from typing import TypeVar

T = TypeVar("T")

U64_MAX = 2**64 - 1
LONGEST_QUOTE = 60
_REAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,19}", re.ASCII)


class FieldError(Exception):
    """What is wrong with a value, with the path to it (`samples[0].wall_ns`)."""


class Fields:
    """A JSON object whose keys are read with the type that the contract gives them."""

    def __init__(self, value: object, path: str = "") -> None:
        if not isinstance(value, dict):
            raise FieldError(f"{path or 'the record'} must be an object, found {_name(value)}")
        self._value: dict[str, object] = value
        self._path = path

    def at(self, key: str) -> str:
        """The path of a key, for a message."""
        shown = key if key.isprintable() else _short(key)  # a key may be anything that JSON can hold
        return f"{self._path}.{shown}" if self._path else shown

    def has(self, key: str) -> bool:
        """Whether an optional key is there."""
        return key in self._value

    def names(self) -> list[str]:
        """The keys of the object, in its order."""
        return list(self._value)

    def get(self, key: str) -> object:
        """The value of a required key, of any type."""
        if key not in self._value:
            raise FieldError(f"{self.at(key)} is missing")
        return self._value[key]

    def count(self, key: str, *, least: int = 0) -> int:
        """A required whole number of at least `least` that fits in 64 bits."""
        value = self.get(key)
        if isinstance(value, bool) or not isinstance(value, int):
            raise FieldError(f"{self.at(key)} must be a whole number, found {_name(value)}")
        if not least <= value <= U64_MAX:
            raise FieldError(f"{self.at(key)} must be from {least} to {U64_MAX}, found {_short(value)}")
        return value

    def optional_count(self, key: str) -> int | None:
        """A whole number that may be absent or null."""
        return None if self._value.get(key) is None else self.count(key)

    def count_or_null(self, key: str) -> int | None:
        """A required whole number, or null."""
        return None if self.get(key) is None else self.count(key)

    def text(self, key: str) -> str:
        """A required string."""
        value = self.get(key)
        if not isinstance(value, str):
            raise FieldError(f"{self.at(key)} must be a string, found {_name(value)}")
        return value

    def line(self, key: str) -> str:
        """A required string that is not empty and has no line break."""
        text = self.text(key)
        if not text or "\n" in text or "\r" in text:
            raise FieldError(f"{self.at(key)} must be one line, found {_short(text)}")
        return text

    def id(self, key: str) -> str:
        """A required name that is safe in a path, an address and a command line."""
        text = self.text(key)
        if not _ID.fullmatch(text):
            raise FieldError(f"{self.at(key)} is not an id ({_ID.pattern}), found {_short(text)}")
        return text

    def optional_text(self, key: str) -> str:
        """A string that may be absent; empty then."""
        return self.text(key) if self.has(key) else ""

    def decimal(self, key: str) -> int:
        """A required unsigned 64-bit number written as a decimal string."""
        text = self.text(key)
        if not _DECIMAL.fullmatch(text) or int(text) > U64_MAX:
            raise FieldError(f"{self.at(key)} must be an unsigned 64-bit number in decimal, found {_short(text)}")
        return int(text)

    def real(self, key: str) -> float:
        """A required finite number written as JSON would, in a string."""
        text = self.text(key)
        if not _REAL.fullmatch(text) or not isfinite(float(text)):
            raise FieldError(f"{self.at(key)} must be a decimal number in a string, found {_short(text)}")
        return float(text)

    def flag(self, key: str) -> bool:
        """A required boolean."""
        value = self.get(key)
        if not isinstance(value, bool):
            raise FieldError(f"{self.at(key)} must be true or false, found {_name(value)}")
        return value

    def optional_flag(self, key: str) -> bool:
        """A boolean that may be absent; false then."""
        return self.flag(key) if self.has(key) else False

    def setting(self, key: str) -> str | None:
        """A switch of the machine, which the contract lets be a boolean, a number or a string; None if unknown."""
        value = self._value.get(key)
        if value is None:
            return None
        if isinstance(value, bool):
            return "on" if value else "off"
        if isinstance(value, int | str):
            return str(value)
        raise FieldError(f"{self.at(key)} must be a boolean, a whole number or a string, found {_name(value)}")

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        """A required string out of a closed list."""
        text = self.text(key)
        if text not in choices:
            raise FieldError(f"{self.at(key)} must be one of {', '.join(choices)}, found {_short(text)}")
        return text

    def child(self, key: str) -> "Fields":
        """A required object."""
        return Fields(self.get(key), self.at(key))

    def items(self, key: str, read: Callable[[object, str], T]) -> tuple[T, ...]:
        """A required list, each item read by `read(value, path)`."""
        value = self.get(key)
        if not isinstance(value, list):
            raise FieldError(f"{self.at(key)} must be a list, found {_name(value)}")
        return tuple(read(item, f"{self.at(key)}[{i}]") for i, item in enumerate(value))

    def reals(self, key: str) -> dict[str, float]:
        """A required object whose values are numbers in strings."""
        child = self.child(key)
        return {name: child.real(name) for name in child.names()}

    def texts(self, key: str) -> dict[str, str]:
        """A required object whose values are strings."""
        child = self.child(key)
        return {name: child.text(name) for name in child.names()}


def whole(value: object, path: str) -> int:
    """An item that must be a whole number, not negative."""
    return Fields({path: value}).count(path)


def string(value: object, path: str) -> str:
    """An item that must be a string."""
    return Fields({path: value}).text(path)


def _name(value: object) -> str:
    names = {bool: "a boolean", int: "a whole number", float: "a number with a fraction", str: "a string"}
    names |= {list: "a list", dict: "an object", type(None): "null"}
    return names[type(value)]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}..."
