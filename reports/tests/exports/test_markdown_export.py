"""Markdown, read by a parser of GitHub's dialect."""

from markdown_it import MarkdownIt

from flowreport import units
from flowreport.cases import Analysis
from flowreport.exports.markdown import export
from flowreport.model import Case, Run

GFM = MarkdownIt("gfm-like")


def tables(text: str) -> dict[str, list[list[str]]]:
    """The tables by the heading above, as rows of text; asserts that nothing is HTML, a link or a picture."""
    found: dict[str, list[list[str]]] = {}
    heading, previous = "", ""
    for token in GFM.parse(text):
        kinds = {child.type for child in token.children or []}
        assert kinds <= {"text", "code_inline", "em_open", "em_close"}, kinds
        assert token.type != "html_block"
        if token.type == "inline" and previous == "heading_open":
            heading = "".join(c.content for c in token.children or [])
        elif token.type == "tr_open":
            found.setdefault(heading, []).append([])
        elif token.type == "inline" and previous in {"td_open", "th_open"}:
            found[heading][-1].append("".join(c.content for c in token.children or []))
        previous = token.type
    return found


def test_each_case_has_a_row_with_its_figures(measured: Run) -> None:
    analysis = Analysis(measured)
    found = tables(export(measured))
    head, *rows = found["sleep"]
    assert all(len(row) == len(head) for row in rows)
    assert len(rows) == 3 * len(measured.runtimes)
    result = analysis.results[Case("gamma", "sleep", 10_000, 2)]
    (row,) = [row for row in rows if row[:2] == ["gamma", "10K"]]
    assert row[2].startswith(units.number(result.cold.value) + " (")
    assert row[6] == "7"


def test_what_is_not_ok_is_a_word_and_has_its_reason(measured: Run, mixed: Run) -> None:
    found = tables(export(measured))
    (row,) = [row for row in found["sleep"] if row[:2] == ["threads", "100K"]]
    assert row[2:] == ["unsupported", *[units.DASH] * 3, "0"]
    states = {tuple(row[:2]): row for row in found["Not counted"]}
    assert states["unsupported", "threads"][2:] == [
        "sleep 100K", "cannot keep 100000 threads alive at once", "vm.max_map_count=65530", "7",
    ]  # fmt: skip
    assert states["crashed", "hostile"][3].startswith('=cmd()|"/c calc"!A1 red </script><img src=x')
    components = tables(export(mixed))["Components"]
    assert [row[3] for row in components if row[0] == "wrong"] == ["wrong answer"]
    assert [row[0] for row in components if "img src" in row[0]] == ['a.b*<img src=x onerror=alert(4)> "q" \ufffd/8']
