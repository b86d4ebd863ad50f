"""Text that an XML 1.0 document can hold: it has no way to write most control characters, not even as a reference."""

import re

from flowreport.text import visible

_NOT_XML = re.compile("[\ufffe\uffff]")


def xml_text(text: str) -> str:
    """One line of text for an attribute or an element; its markup is escaped by the writer of the document."""
    return _NOT_XML.sub("\ufffd", visible(text))
