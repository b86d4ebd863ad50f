from pathlib import Path

from tooling import build
from tooling.build import Failure, failures_in


def test_each_failed_target_has_the_first_error_printed_for_it() -> None:
    lines = """[1/4] Building CXX object a.cpp.o
FAILED: lib/a.cpp.o
clang++ -c a.cpp
a.cpp:3:1: error: unknown type name 'x'
a.cpp:9:1: error: another
[2/4] Building CXX object b.cpp.o
FAILED: [code=1] bin/b
ld: error: undefined symbol: f
FAILED: bin/c
killed
""".splitlines()
    assert failures_in(lines) == [
        Failure("lib/a.cpp.o", "a.cpp:3:1: error: unknown type name 'x'"),
        Failure("bin/b", "ld: error: undefined symbol: f"),
        Failure("bin/c", ""),
    ]


def test_a_build_without_failures_has_none_even_when_a_file_is_named_error() -> None:
    assert failures_in(["[1/2] Building CXX object error.cpp.o"]) == []


def test_the_cache_of_a_build_is_read_without_its_comments(tmp_path: Path) -> None:
    assert build.cache("release", tmp_path) == {}
    folder = build.folder("release", tmp_path)
    folder.mkdir(parents=True)
    text = "# a comment\n//CMAKE_CXX_FLAGS:STRING=no\nCMAKE_CXX_FLAGS:STRING=-g -DX=1\nA_b-C.d:INTERNAL=\n"
    (folder / "CMakeCache.txt").write_text(text)
    assert build.cache("release", tmp_path) == {"CMAKE_CXX_FLAGS": "-g -DX=1", "A_b-C.d": ""}
