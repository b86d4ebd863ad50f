"""Reads the string literals of a source file: what the program says or compares, without comments and docstrings."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

CPP_SUFFIXES = (".hpp", ".cpp", ".h", ".cc", ".ipp")

Literal = tuple[int, str]  # line, text

# Alternatives in the order a scanner must try them: what looks like a comment inside a string is not one.
_CPP_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | R"(?P<fence>[^(\s\\]{0,16})\((?P<raw>.*?)\)(?P=fence)"
      | "(?P<text>(?:\\.|[^"\\\n])*)"
      | (?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+' """,
    re.DOTALL | re.VERBOSE,
)
_INCLUDE_LINE = re.compile(r"^[ \t]*#[ \t]*include[^\n]*", re.MULTILINE)
_JS_TOKEN = re.compile(
    r"""//[^\n]* | /\*.*?\*/
      | "(?P<double>(?:\\.|[^"\\\n])*)" | '(?P<single>(?:\\.|[^'\\\n])*)' | `(?P<template>(?:\\.|[^`\\])*)` """,
    re.DOTALL | re.VERBOSE,
)
_JINJA_TAG = re.compile(r"\{[{%](.*?)[%}]\}", re.DOTALL)
_JINJA_STRING = re.compile(r""""([^"]*)"|'([^']*)'""")


def literals_of(file: Path) -> Iterator[Literal]:
    """The string literals of `file`; nothing for a kind of file that has none."""
    read = _READERS.get(file.suffix)
    if read is not None:
        yield from read(file.read_text(encoding="utf-8"))


def cpp_literals(text: str) -> Iterator[Literal]:
    """Ordinary and raw string literals; not the names of included files."""
    blanked = _INCLUDE_LINE.sub(lambda line: " " * len(line.group()), text)
    for match in _CPP_TOKEN.finditer(blanked):
        content = match.group("raw") if match.group("raw") is not None else match.group("text")
        if content is not None:
            yield _line(text, match.start()), content


def python_literals(text: str) -> Iterator[Literal]:
    """All string constants but docstrings; the fixed parts of f-strings too."""
    tree = ast.parse(text)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


def javascript_literals(text: str) -> Iterator[Literal]:
    """String and template literals."""
    for match in _JS_TOKEN.finditer(text):
        for content in match.groups():
            if content is not None:
                yield _line(text, match.start()), content


def template_literals(text: str) -> Iterator[Literal]:
    """Strings inside the tags of a Jinja template: what it compares or looks up. Prose around them is for readers."""
    for tag in _JINJA_TAG.finditer(text):
        for match in _JINJA_STRING.finditer(tag.group(1)):
            yield _line(text, tag.start() + match.start()), match.group(1) or match.group(2) or ""


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


_READERS: dict[str, Callable[[str], Iterator[Literal]]] = {
    **dict.fromkeys(CPP_SUFFIXES, cpp_literals),
    ".py": python_literals,
    ".js": javascript_literals,
    ".mjs": javascript_literals,
    ".html": template_literals,
    ".j2": template_literals,
    ".jinja": template_literals,
}
