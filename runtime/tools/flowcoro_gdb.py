"""What every task waits for, in gdb: `source flowcoro_gdb.py`, then `flowcoro tasks`, on a core file or a live process.

Needs the program's symbol table, but no debug information: the library has tables with the offsets that are read here.
Prints what flowcoro::await_chains() gives, and the functions of coroutines, which only a debugger knows.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import gdb

WORD = 8
VERSION = 1
STATES = ("created", "queued", "running", "suspended", "completed", "cancelled", "failed", "destroyed")
LONGEST_WAY = 1_000  # coroutines between two tasks
LONGEST_LIST = 10_000_000  # what is longer than this is not a list, but memory that something has overwritten
# In the order in which task_registry.cpp, awaited_by.cpp and runtime_core.cpp write them.
REGISTRY = [
    "version",
    "shards",
    "shard_bytes",
    "first_shard",
    "live",
    "id",
    "created",
    "created_at",
    "coroutine",
    "state",
    "since",
    "waits_at",
    "kind",
    "object",
    "name",
    "note",
    "string_data",
    "string_size",
]
PROMISE = [
    "version",
    "state",
    "waiter_handle",
    "keeper",
    "join_waiter",
    "call_where",
]
RUNTIME = [
    "version",
    "live",
    "blocks",
    "chunk_count",
    "chunks_per_block",
    "slots",
    "tasks",
    "where",
    "places",
    "workers",
    "running",
    "code",
    "calls",
    "where_of_call",
]


def read(address: int, count: int) -> bytes:
    """Bytes of the program's memory."""
    return bytes(gdb.selected_inferior().read_memory(address, count))


def word(address: int) -> int:
    """A pointer, or a 64-bit number."""
    return int(struct.unpack("<Q", read(address, WORD))[0])


def word32(address: int) -> int:
    """A 32-bit number."""
    return int(struct.unpack("<I", read(address, 4))[0])


def text_at(address: int, longest: int = 4096) -> str:
    """A string that ends with a zero."""
    data = bytearray()
    while address != 0 and len(data) < longest:
        byte = read(address + len(data), 1)
        if byte == b"\0":
            break
        data += byte
    return data.decode(errors="replace")


def address_of(symbol: str) -> int | None:
    """Where a symbol is; None when the program has none of that name."""
    try:
        return int(gdb.parse_and_eval(f"(unsigned long)&'{symbol}'"))
    except gdb.error:
        return None


def symbol_at(address: int) -> str:
    """The function or object at an address, without what compilers add to its name; empty if it is unknown."""
    if address == 0:
        return ""
    try:
        said: str = gdb.execute(f"info symbol {address:#x}", to_string=True)
    except gdb.error:
        return ""
    if said.startswith("No symbol"):
        return ""
    for more in (" in section", " [clone", " + "):
        said = said.partition(more)[0]
    return said.strip()


def without_parameters(function: str) -> str:
    """The name of a function up to its parameters: the first parenthesis that is in no template argument."""
    name = function.replace("(anonymous namespace)::", "")
    depth = 0
    for i, letter in enumerate(name):
        depth += (letter == "<") - (letter == ">")
        if letter == "(" and depth == 0 and i > 0:
            return name[:i]
    return name


def layout(symbol: str, names: list[str]) -> dict[str, int] | None:
    """A table of offsets; None when the program has no such part. Raises gdb.GdbError for one of another version."""
    address = address_of(symbol)
    if address is None:
        return None
    if word32(address) != VERSION:
        raise gdb.GdbError(
            f"{symbol} is of version {word32(address)}; this script reads {VERSION}: use the one that came with it"
        )
    return {name: word32(address + 4 * i) for i, name in enumerate(names)}


@dataclass
class Place:
    """A line of the source."""

    file: str = ""
    function: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line} ({self.function})" if self.line else "an unknown place"


def place_at(address: int) -> Place:
    """The std::source_location there: a pointer to two strings and two numbers."""
    data = word(address)
    if data == 0:
        return Place()
    return Place(text_at(word(data)), text_at(word(data + WORD)), word32(data + 2 * WORD))


@dataclass
class Task:
    """One that the registry or a runtime lists."""

    coroutine: int
    waited_at: Place
    id: int = 0
    name: str = ""
    note: str = ""
    state: str = ""
    created: Place = field(default_factory=Place)
    created_ns: int = 0
    since_ns: int = 0
    waits_for: str = ""
    between: list[str] = field(default_factory=list)
    awaited_by: int | None = None  # the address of a listed task
    end: str = ""  # what the way up ends with, if it is no task

    @property
    def title(self) -> str:
        """How it is called everywhere."""
        if self.id == 0:
            return f"task at {self.coroutine:#x}"
        return f'task {self.id} "{self.name}"' if self.name else f"task {self.id}"


class Program:
    """The tasks of the process that is debugged. Raises gdb.MemoryError where a core lacks what is needed."""

    def __init__(self) -> None:
        self.tasks: dict[int, Task] = {}
        self.calls: list[Place] = []
        self.workers: list[str] = []
        self._registry = layout("flowcoro_registry_layout", REGISTRY)
        self._promise = layout("flowcoro_promise_layout", PROMISE)
        self._runtime = layout("flowcoro_runtime_layout", RUNTIME)
        if self._registry is None and self._runtime is None:
            raise gdb.GdbError("this program has no symbols of flowcoro: it is another one, or stripped")
        self._read_registry()
        self._read_runtimes()
        for task in self.tasks.values():
            if task.coroutine != 0:
                self._find_awaiter(task)

    def _read_registry(self) -> None:
        storage = address_of("_ZZN8flowcoro13task_registryEvE8registry")
        at = self._registry
        if storage is None or at is None:
            return
        for shard in range(at["shards"]):
            head = storage + at["first_shard"] + shard * at["shard_bytes"] + at["live"]
            for record in nodes(head):
                self._add_record(record, at)

    def _add_record(self, record: int, at: dict[str, int]) -> None:
        state = STATES[read(record + at["state"], 1)[0] % len(STATES)]
        waits_for = text_at(word(record + at["kind"])) if state == "suspended" else ""
        thing = word(record + at["object"])
        task = Task(
            coroutine=word(record + at["coroutine"]),
            waited_at=place_at(record + at["waits_at"]),
            id=word(record + at["id"]),
            name=string_at(record + at["name"], at),
            note=string_at(record + at["note"], at),
            state=state,
            created=place_at(record + at["created"]),
            created_ns=word(record + at["created_at"]),
            since_ns=word(record + at["since"]),
            waits_for=f"{waits_for} {thing:#x}" if waits_for and thing else waits_for,
        )
        if state not in STATES[4:]:  # of those only the result is left
            self.tasks[task.coroutine or record] = task

    def _read_runtimes(self) -> None:
        schedulers = address_of("_ZZN8flowcoro6detail12_GLOBAL__N_18existingEvE4list")
        at = self._runtime
        if schedulers is None or at is None:
            return
        # A mutex, 40 bytes in the C library of Linux, and then the vector.
        begin, end = word(schedulers + 40), word(schedulers + 40 + WORD)
        for entry in range(begin, end, WORD):
            core = word(entry)
            if "flowcoro::detail::RuntimeCore" in symbol_at(word(core)):
                self._read_runtime(core, at)

    def _read_runtime(self, core: int, at: dict[str, int]) -> None:
        live = core + at["live"]
        places = word(live + at["places"])
        for index in range(word32(live + at["chunk_count"])):
            block = word(live + at["blocks"] + WORD * (index // at["chunks_per_block"]))
            chunk = word(block + WORD * (index % at["chunks_per_block"]))
            if chunk == 0:
                continue
            slots = struct.unpack(f"<{at['slots']}Q", read(chunk + at["tasks"], WORD * at["slots"]))
            where = struct.unpack(f"<{at['slots']}H", read(chunk + at["where"], 2 * at["slots"]))
            for slot, number in zip(slots, where, strict=True):
                coroutine = slot & ~1
                if coroutine == 0 or coroutine in self.tasks:
                    continue
                waited_at = place_at(places + WORD * number) if number != 0xFFFF else Place()
                self.tasks[coroutine] = Task(coroutine, waited_at)
        for call in nodes(core + at["calls"]):
            self.calls.append(place_at(call + at["where_of_call"]))
        begin, end = word(core + at["workers"]), word(core + at["workers"] + WORD)
        for number, entry in enumerate(range(begin, end, WORD)):
            worker = word(entry)
            if word(worker + at["running"]) != 0:
                function = symbol_at(word(worker + at["code"])) or "an unknown function"
                self.workers.append(f"worker {number} runs {function}")

    def _find_awaiter(self, task: Task) -> None:
        at = self._promise
        if at is None:
            return
        promise = task.coroutine
        for _ in range(LONGEST_WAY):
            continuation = word(promise + at["state"])
            if continuation <= 2:  # running, done, let go
                return
            goes_on = symbol_at(word(continuation))
            if "detail::ResumeWaiter::resume(" in goes_on or "detail::ResumeAfterTask::resume(" in goes_on:
                promise = word(continuation + at["waiter_handle"]) + 2 * WORD
            elif "detail::ResumeKeeper::resume(" in goes_on:
                promise = word(continuation + at["keeper"])
            elif "detail::Join::child_finished(" in goes_on:
                promise = word(continuation + at["join_waiter"] + at["waiter_handle"]) + 2 * WORD
            elif "detail::WakeThread::wake(" in goes_on:
                task.end = f"sync_wait at {place_at(continuation + at['call_where'])}"
                return
            else:
                task.end = without_parameters(goes_on) or "something unknown"
                return
            if promise in self.tasks:
                task.awaited_by = promise
                return
            task.between.append(function_of(promise))
        task.end = "a coroutine that is far away"


def nodes(head: int) -> list[int]:
    """The nodes of an IntrusiveList: each begins with the addresses of the one before it and the one behind."""
    found: list[int] = []
    node = word(head + WORD)
    while node not in (head, 0) and len(found) < LONGEST_LIST:
        found.append(node)
        node = word(node + WORD)
    return found


def string_at(address: int, at: dict[str, int]) -> str:
    """A std::string."""
    size = min(word(address + at["string_size"]), 4096)
    return read(word(address + at["string_data"]), size).decode(errors="replace") if size else ""


def function_of(promise: int) -> str:
    """The coroutine's function: a frame begins with the address of the part of it that resumes."""
    try:
        return without_parameters(symbol_at(word(promise - 2 * WORD))) or "an unknown coroutine"
    except gdb.MemoryError:
        return "an unknown coroutine"


class Report:
    """The text for a program: rings, then a stack for each task that awaits no listed one."""

    def __init__(self, program: Program) -> None:
        self._tasks = program.tasks
        self._now = max((task.since_ns for task in program.tasks.values()), default=0)
        self._awaits = {task.awaited_by: key for key, task in program.tasks.items() if task.awaited_by is not None}
        self._shown: set[int] = set()
        self._lines = [f"{len(program.tasks)} tasks, {len(program.calls)} in sync_wait"]
        for ring in self._rings():
            self._lines += ["", "ring: each waits for the one before it, and the first for the last"]
            for depth, key in enumerate(ring):
                self._show(depth, key)
        for key in self._tasks:
            if key not in self._awaits:
                self._stack(key)
        self._lines += ["", *program.workers] if program.workers else []
        for call in program.calls:
            self._lines += ["", f"sync_wait at {call}"]

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self._lines)

    def _rings(self) -> list[list[int]]:
        met_on: dict[int, int] = {}
        rings = []
        for way in self._tasks:
            here: int | None = way
            while here is not None and here not in met_on:
                met_on[here] = way
                here = self._tasks[here].awaited_by
            if here is None or met_on[here] != way:
                continue
            ring = [here]
            above = self._tasks[here].awaited_by
            while above is not None and above != here:
                ring.append(above)
                above = self._tasks[above].awaited_by
            rings.append(ring)
        return rings

    def _stack(self, first: int) -> None:
        self._lines.append("")
        key: int | None = first
        depth = 0
        while key is not None:
            task = self._tasks[key]
            if key in self._shown:
                self._lines.append(f"#{depth}  {task.title}, shown above")
                return
            self._show(depth, key)
            self._lines += [f"     awaited by {function}, not tracked" for function in task.between]
            if task.end:
                self._lines.append(f"     awaited by {task.end}")
            key = task.awaited_by
            depth += 1

    def _show(self, depth: int, key: int) -> None:
        self._shown.add(key)
        task = self._tasks[key]
        note = f" ({task.note})" if task.note else ""
        if not task.state:
            self._lines.append(f"#{depth}  {task.title}, not tracked: {function_of(task.coroutine)}")
            self._lines.append(f"     first waited at {task.waited_at}")
            return
        # A core does not say what time it was: ages end with the last change of any task.
        in_state, age = (f"{(self._now - ns) / 1e9:.3f} s" for ns in (task.since_ns, task.created_ns))
        self._lines.append(f"#{depth}  {task.title}{note}, {task.state} for {in_state} of {age} or more")
        if task.waited_at.line:
            awaited = self._awaits.get(key)
            waits = "waits" if task.state == "suspended" else "last waited"
            what = f" for {task.waits_for}" if task.waits_for else ""
            whom = f": {self._tasks[awaited].title}" if awaited is not None else ""
            self._lines.append(f"     {waits} at {task.waited_at}{what}{whom}")
        self._lines.append(f"     created in {task.created}")


class Prefix(gdb.Command):
    """Looks at the tasks of a program that uses flowcoro."""

    def __init__(self) -> None:
        super().__init__("flowcoro", gdb.COMMAND_STACK, prefix=True)


class Tasks(gdb.Command):
    """What every task waits for, and who waits for it. A stack for each task that awaits no other listed one."""

    def __init__(self) -> None:
        super().__init__("flowcoro tasks", gdb.COMMAND_STACK)

    def invoke(self, argument: str, from_tty: bool) -> None:  # noqa: ARG002
        """Prints the report. gdb calls it."""
        try:
            report = Report(Program())
        except gdb.MemoryError as error:
            raise gdb.GdbError(f"memory that is needed cannot be read: {error}") from error
        gdb.write(report.text + "\n")


Prefix()
Tasks()
