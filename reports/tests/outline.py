"""What a page consists of, for tests: its elements, its text, its tables."""

import base64
import gzip
from html.parser import HTMLParser

VOID = {"meta", "input", "link", "br", "img", "hr"}


class Outline(HTMLParser):
    """Elements with their attributes and text, checked for nesting."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.rows: dict[str, list[list[str]]] = {}
        self._open: list[str] = []
        self._table = ""
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        assert len(attributes) == len(attrs), f"an attribute is there twice in <{tag}>"
        self.elements.append((tag, attributes))
        if tag == "table":
            self._table = attributes["id"] or ""
            self.rows[self._table] = []
        elif tag == "tr":
            self.rows[self._table].append([])
        elif tag in {"td", "th"}:
            self.rows[self._table][-1].append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._open[-1] if self._open else "", []).append(data)
        if {"td", "th"} & set(self._open):
            self.rows[self._table][-1][-1] += data

    def raw_data(self) -> str:
        """The raw data that a report holds, unpacked."""
        (link,) = [a for a in self.all("a") if a.get("id") == "raw-data"]
        kind, _, packed = (link["href"] or "").partition(",")
        assert kind == "data:application/gzip;base64"
        return gzip.decompress(base64.b64decode(packed, validate=True)).decode("ascii")

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]
