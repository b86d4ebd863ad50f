"""JSON that nobody expects, and good documents with something changed in them."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from conftest import CONTRACT

FIXTURES = CONTRACT / "fixtures"
INDEX: list[dict[str, Any]] = json.loads((FIXTURES / "index.json").read_text(encoding="utf-8"))["fixtures"]

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["", "0", "-1", "18446744073709551616", "1e999", "../../x", "\ud800", "\x00", "ok", "go", "٣"]),
)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


def texts(what: str) -> list[str]:
    """The good fixtures of a kind."""
    return [(FIXTURES / entry["file"]).read_text(encoding="utf-8") for entry in INDEX
            if entry["what"] == what and entry["valid"]]  # fmt: skip


def _places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from _places(child, (*path, key))


@st.composite
def changed(draw: st.DrawFn, text: str) -> str:
    """The document with up to three of its values taken out, doubled or replaced."""
    document = json.loads(text)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(document))
        if not places:
            break
        *path, key = draw(st.sampled_from(places))
        parent = document
        for step in path:
            parent = parent[step]
        what = draw(st.sampled_from(["replace", "remove", "double"]))
        if what == "replace":
            parent[key] = draw(ANYTHING)
        elif what == "remove":
            del parent[key]
        elif isinstance(parent, list):
            parent.append(parent[key])
        else:
            parent[draw(st.text(max_size=5))] = parent[key]
    return json.dumps(document)


@st.composite
def damaged(draw: st.DrawFn, text: str) -> bytes:
    """The bytes of the document with up to four of them changed, cut out or put in between."""
    data = bytearray(text.encode())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 5))] = draw(st.binary(max_size=5))
    return bytes(data)
