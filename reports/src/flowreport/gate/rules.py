"""The numbers that a gate decides by. docs/gate.md says why they are what they are."""

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True)
class Rules:
    """Ratios are plain: 0.05 is 5 %.

    A change is a regression when it is surely more than `ignored` and may be the margin or more; it is none when it
    is surely less than the margin. The margin is `time_margin` or `memory_margin` (and `memory_floor` bytes of the
    process at least), or the noise floor of the cell where that is more.
    """

    time_margin: float = 0.05
    memory_margin: float = 0.03
    memory_floor: int = MIB
    # Memory comes in pages, and allocators take several at a time: no standard error of memory is taken as less.
    memory_grain: int = 16 * 1024
    # Smaller changes come from where a linker put a function: equal sources, another layout.
    ignored: float = 0.01
    # The chance that any cell of an unchanged candidate is called a regression, at one look: Pocock's nominal level
    # for three looks that keep 5 % together (Biometrika 64, 1977); 5 % where there is one look.
    alpha: float = 0.022
    alpha_once: float = 0.05
    # A cell passes when this interval of its change ends below the margin; before the last look it must be surer.
    level: float = 0.95
    early_level: float = 0.99
    # The margin is at least so wide that an unchanged cell passes the last look with this chance.
    passes: float = 0.999
    # The least change that a cell can detect is found with this chance; a cell where that is more than `detectable`
    # at the last look is not gated.
    power: float = 0.80
    detectable: float = 0.10
    # The standard error comes from the base's own spread; that of the pairs can raise it by this factor at most, so
    # that a candidate cannot buy itself a margin by being unsteady.
    widening: float = 2.0
    # Unchanged subjects that drifted further apart than this, or scatter by this factor more than their own spread
    # explains, tell of a machine that cannot be measured on.
    drift: float = 0.03
    # The chance that any cell of an unchanged executable is called changed, and the machine unfit, by mistake.
    alpha_controls: float = 0.002
    inflation: float = 3.0
    # Rounds after which to look. A case whose process is shorter than `short_ns` runs `repeats` times in each round
    # from the second look on.
    looks: tuple[int, ...] = (10, 20, 30)
    repeats: int = 5
    short_ns: float = 25e6


RULES = Rules()
