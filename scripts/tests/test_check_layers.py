import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "check_layers"
CATALOG = '{"subjects": [{"id": "alpha"}, {"id": "go"}], "workloads": [{"id": "beta_two"}]}'

GOOD = {
    "harness/contract/catalog.json": CATALOG,
    "runtime/include/flowcoro.hpp": '#include "flowcoro/flowcoro.hpp"\n',
    "runtime/include/flowcoro/flowcoro.hpp": '#include "flowcoro/rpc/call.hpp"\n',
    "runtime/include/flowcoro/base/time.hpp": "#include <chrono>\n#include <sys/mman.h>\n",
    "runtime/include/flowcoro/coro/task.hpp": (
        '#include "flowcoro/base/time.hpp"\n#include "flowcoro/coro/detail/a.hpp"\n'
    ),
    "runtime/include/flowcoro/coro/detail/a.hpp": '#include "flowcoro/mem/detail/b.hpp"\n',
    "runtime/include/flowcoro/mem/detail/b.hpp": "",
    "runtime/include/flowcoro/log/logger.hpp": '#include "flowcoro/queue/ring.hpp"\n',
    "runtime/include/flowcoro/queue/ring.hpp": "",
    "runtime/include/flowcoro/test/seeds.hpp": '#include "flowcoro/coro/task.hpp"\n',
    "runtime/include/flowcoro/rpc/call.hpp": '#include "flowcoro/db/row.hpp"\n',
    "runtime/include/flowcoro/db/row.hpp": "",
    "runtime/include/flowcoro/compat/old.hpp": '#include "flowcoro/flowcoro.hpp"\n#include "flowcoro/log/logger.hpp"\n',
    "runtime/src/sched/worker.cpp": '#include "flowcoro/coro/task.hpp"\n#include "worker_impl.hpp"\n',
    "runtime/src/sched/worker_impl.hpp": "",
    "harness/src/main.cpp": '#include "alpha.hpp"\n// beta_two\nconst char* x = "alphabet"; say("go on, alpha");\n',
    "reports/src/page.py": '"""alpha is only mentioned here."""\nname = "beta_two_more"\n',
    "reports/src/page.html": "<p>alpha</p>{{ title }}",
}


def check(root: Path, files: dict[str, str]) -> tuple[int, list[str]]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    done = subprocess.run([sys.executable, SCRIPT, root], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout.splitlines()


def test_a_good_tree_has_no_violation(tmp_path: Path) -> None:
    assert check(tmp_path, GOOD) == (0, [])


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("runtime/include/flowcoro/mem/x.hpp", '\n#include "flowcoro/coro/task.hpp"\n', ":2: 'mem' is on floor 1"),
        ("runtime/include/flowcoro/mem/x.hpp", '#include "flowcoro/queue/ring.hpp"\n', "sees lower floors only"),
        ("runtime/include/flowcoro/net/x.hpp", "  # include <flowcoro/db/row.hpp>\n", "'db' is on floor 6"),
        ("runtime/src/base/x.cpp", '#include "flowcoro/rpc/call.hpp"\n', "'base' is on floor 0"),
        ("runtime/src/coro/x.cpp", '#include "flowcoro/log/logger.hpp"\n', "nothing includes 'log'"),
        ("runtime/include/flowcoro/log/x.hpp", '#include "flowcoro/coro/task.hpp"\n', "floors 0 to 1"),
        ("runtime/include/flowcoro/test/x.hpp", '#include "flowcoro/rpc/call.hpp"\n', "floors 0 to 3"),
        ("runtime/src/sched/x.cpp", '#include "flowcoro/test/seeds.hpp"\n', "nothing includes 'test'"),
        ("runtime/include/flowcoro/flowcoro.hpp", '#include "flowcoro/test/seeds.hpp"\n', "'test' is for tests"),
        ("runtime/include/flowcoro/rpc/x.hpp", '#include "flowcoro/compat/old.hpp"\n', "nothing includes 'compat'"),
        ("runtime/include/flowcoro/rpc/x.hpp", '#include "flowcoro/flowcoro.hpp"\n', "umbrella header is for users"),
        ("runtime/include/flowcoro/flowcoro.hpp", '#include "flowcoro/mem/detail/b.hpp"\n', "no detail header"),
        ("runtime/include/flowcoro/util/x.hpp", "", "in no folder of the table"),
        ("runtime/include/flowcoro/x.hpp", "", "in no folder of the table"),
        ("runtime/include/flowcoro/mem/deep/x.hpp", "", "in no folder of the table"),
        ("runtime/include/other/x.hpp", "", "public headers live in"),
        ("runtime/src/x.cpp", "", "in no folder of the table"),
        ("runtime/include/flowcoro/mem/x.hpp", '#include "flowcoro/util/y.hpp"\n', "in no folder of the table"),
        ("runtime/include/flowcoro/coro/x.hpp", '#include "task.hpp"\n', "is neither flowcoro/"),
        ("runtime/include/flowcoro/coro/x.hpp", '#include "../base/time.hpp"\n', "is neither flowcoro/"),
        ("runtime/src/async/x.cpp", '#include "sched/worker_impl.hpp"\n', "is neither flowcoro/"),
        ("runtime/examples/x.cpp", '#include "flowcoro/mem/detail/b.hpp"\n', "detail of the library"),
        ("harness/src/x.cpp", '\n\nif (id == "alpha") {}\n', ":3: names 'alpha'"),
        ("harness/src/x.cpp", 'auto s = R"(a "beta_two" case)";\n', "names 'beta_two'"),
        ("harness/src/x.cpp", 'auto s = "// not a comment"; auto t = "alpha";\n', "names 'alpha'"),
        ("harness/src/x.cpp", 'char c = \'"\'; auto t = "alpha";\n', "names 'alpha'"),
        ("reports/src/x.py", 'if subject == "alpha":\n    pass\n', ":1: names 'alpha'"),
        ("reports/src/x.py", 'text = f"{n} of beta_two"\n', "names 'beta_two'"),
        ("harness/src/x.cpp", "throw Error(\"not for 'go' here\");\n", "names 'go'"),
        ("reports/src/x.html", '{% if id == "alpha" %}{% endif %}', "names 'alpha'"),
        ("reports/src/x.js", "rows['beta_two'].hide() // alpha", "names 'beta_two'"),
    ],
)
def test_a_bad_file_is_named_with_its_line_and_reason(tmp_path: Path, name: str, text: str, said: str) -> None:
    code, lines = check(tmp_path, {**GOOD, name: text})
    assert code == 1
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"{name}:")
    assert said in lines[0]


def test_a_folder_that_is_no_checkout_is_a_usage_error(tmp_path: Path) -> None:
    assert check(tmp_path, {}) == (2, [])
