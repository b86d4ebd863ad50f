"""Text that XML can hold."""

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from flowreport.escape.xml import xml_text


@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_every_text_survives_a_document(text: str) -> None:
    element = ET.Element("e", {"a": xml_text(text)})
    element.text = xml_text(text)
    read = ET.fromstring(ET.tostring(element, encoding="utf-8"))  # noqa: S314 - written in this line
    assert (read.get("a"), read.text or "") == (xml_text(text), xml_text(text))


def test_every_character_that_xml_forbids_is_replaced() -> None:
    shown = xml_text("".join(map(chr, [*range(0x20), 0x7F, 0xD800, 0xFFFE, 0xFFFF])))
    assert set(shown) == {" ", "\ufffd"}
