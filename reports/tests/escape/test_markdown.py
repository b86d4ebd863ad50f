"""Other people's text in Markdown, read back by a parser of GitHub's dialect."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from flowreport.escape.markdown import code, code_cell, table
from flowreport.text import log_line
from flowreport.units import DASH

GFM = MarkdownIt("gfm-like")
HOSTILE = [
    "a|b", "\\|", "`", "``", "` `", "<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](http://e.example/p)",
    "@somebody", "#1", "https://e.example", "www.e.example", "::error::x", "##[group]x", "##vso[task]x", "---", "| - |",
    "*bold*", "a\nb", "\x1b[31mred", "&lt;", "\\", "a`b|c\\|d``", " ", "", "\u202eabc", "$x$",
]  # fmt: skip


def inline(tokens: list[Token]) -> list[Token]:
    return [child for t in tokens for child in (t.children or [])]


def kinds(tokens: list[Token]) -> set[str]:
    return {t.type for t in [*tokens, *inline(tokens)]}


@given(st.text(max_size=30) | st.sampled_from(HOSTILE))
@example("`")
@example("a`` b`")
@example("\\|")
def test_a_code_span_holds_the_text_and_nothing_else(text: str) -> None:
    children = inline(GFM.parse(f"x {code(text)} y"))
    shown = log_line(text).strip()
    if not shown:
        assert code(text) == DASH
        return
    assert [c.type for c in children] == ["text", "code_inline", "text"]
    assert children[1].content == shown


@given(st.lists(st.text(max_size=20) | st.sampled_from(HOSTILE), min_size=1, max_size=3))
@example(["\\|"])
@example(["a|b", "`|`"])
def test_cells_of_a_table_stay_cells(texts: list[str]) -> None:
    lines = table(["a", *texts_head(texts)], [["x", *map(code_cell, texts)]])
    tokens = GFM.parse("\n".join(lines))
    assert kinds(tokens) <= {
        "table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close", "tr_open", "tr_close",
        "th_open", "th_close", "td_open", "td_close", "inline", "text", "code_inline",
    }  # fmt: skip
    cells = [t for t, before in zip(tokens[1:], tokens, strict=False) if before.type == "td_open"]
    assert len(cells) == 1 + len(texts)
    for cell, text in zip(cells[1:], texts, strict=True):
        (child,) = cell.children or []
        expected = log_line(text).strip().replace("\\|", "\\¦")
        assert child.content == (expected or DASH)


def texts_head(texts: list[str]) -> list[str]:
    return [f"h{i}" for i in range(len(texts))]


@pytest.mark.parametrize("text", ["::error file=x::y", " ::warning::y", "##[error]x", "##vso[task.setvariable]x"])
def test_no_line_is_a_command_to_a_runner(text: str) -> None:
    shown = log_line(text)
    assert not shown.lstrip().startswith("::")
    assert "##" not in shown
