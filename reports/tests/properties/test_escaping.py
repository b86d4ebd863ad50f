"""Text that others wrote, in each of the languages that it is put into."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from flowreport.escape.markdown import code, code_cell
from flowreport.escape.spreadsheet import csv_field
from flowreport.escape.xml import xml_text
from flowreport.pages.document import embedded_json, templates
from flowreport.text import log_line, visible

HOSTILE = [
    *("<script>", "</script>", "<!--", "]]>", "&lt;", "\"'><b onclick=x>", "{{ 7 * 7 }}"),
    *("=1+1", "@SUM(A1)", "::error::x", "`", "```", "|", "\\", "\r\n"),
    *("\x1b[31m", "\x1b]0;t\x07", "\u202e", "\u2028", "\ud800", "\x00", "\ufeff"),
]
TEXT = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=8), max_size=5).map("".join)
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@given(TEXT)
def test_visible_text_is_one_line_that_stays_as_it_is(text: str) -> None:
    shown = visible(text)
    assert not CONTROL.search(shown)
    assert visible(shown) == shown


@given(TEXT)
def test_no_line_of_a_log_is_a_command_to_a_ci(text: str) -> None:
    shown = log_line(text)
    assert not CONTROL.search(shown)
    assert not shown.lstrip().startswith("::")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.title = ""
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.title += dict(attrs).get("title") or ""
        assert {name for name, _ in attrs} <= {"title"}

    def handle_data(self, data: str) -> None:
        self.text += data


@given(TEXT)
def test_a_template_shows_the_text_and_nothing_but(text: str) -> None:
    page = _Page()
    page.feed(templates().from_string('<p title="{{ text }}">{{ text }}</p>').render(text=text))
    page.close()
    assert page.seen == ["p"]
    assert page.text == page.title == visible(text)


@given(st.recursive(TEXT, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)))
def test_embedded_json_cannot_leave_its_element(value: object) -> None:
    embedded = str(embedded_json(json.dumps(value, ensure_ascii=False)))
    assert not re.search("[<>&\u2028\u2029]", embedded)
    assert json.loads(embedded) == value


@given(st.lists(TEXT | st.integers() | st.floats(allow_nan=False) | st.none(), min_size=2, max_size=4))
def test_a_csv_line_is_read_back_and_no_field_is_a_formula(values: list[object]) -> None:
    line = ",".join(csv_field(value) for value in values) + "\r\n"
    (read,) = list(csv.reader(io.StringIO(line, newline="")))
    assert len(read) == len(values)
    for value, field in zip(values, read, strict=True):
        if isinstance(value, str):
            assert not re.match("[\\s\ufeff]*[=+@\t\r-]", field)
            assert field.removeprefix("'").replace("\ufffd", "") in {_plain(value), _plain(value).removeprefix("'")}
        elif value is not None:
            assert float(field) == value


def _plain(text: str) -> str:
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffd]", "", text)


@given(TEXT)
def test_markdown_code_ends_where_the_text_ends(text: str) -> None:
    span = code(text)
    assert "\n" not in span
    assert "\r" not in span
    if match := re.match("`+", span):
        ticks = match[0]
        assert span.endswith(ticks)
        assert ticks not in span[len(ticks) : -len(ticks)]
    assert not re.search(r"(?<!\\)\|", code_cell(text))


@given(TEXT)
def test_xml_is_well_formed(text: str) -> None:
    element = ET.Element("e", {"a": xml_text(text)})
    element.text = xml_text(text)
    read = ET.fromstring(ET.tostring(element, encoding="unicode"))  # noqa: S314 - written in the line above
    assert read.text == read.get("a") or (not read.text and not read.get("a"))
