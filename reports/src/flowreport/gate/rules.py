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
    # Smaller changes come from where a linker put a function: equal sources, another layout.
    ignored: float = 0.01
    # The chance that any cell of an unchanged candidate is called a regression, at one look: Pocock's nominal level
    # for three looks that keep 5 % together (Biometrika 64, 1977); 5 % where there is one look.
    alpha: float = 0.022
    alpha_once: float = 0.05
    # A cell passes when this interval of its change ends below the margin.
    level: float = 0.95
    # The chance to find a change of the size of the noise floor.
    power: float = 0.95
    # A cell that can only find larger changes than this, at the last look, is not gated.
    detectable: float = 0.10
    # Unchanged subjects that drifted further apart than this, or scatter by this factor more than their own spread
    # explains, tell of a machine that cannot be measured on.
    drift: float = 0.03
    # The chance that any cell of an unchanged executable is called changed, and the machine unfit, by mistake.
    alpha_controls: float = 0.002
    inflation: float = 2.0
    # Rounds after which to look. A case whose process is shorter than `short_ns` runs `repeats` times in each round
    # from the second look on.
    looks: tuple[int, ...] = (10, 20, 30)
    repeats: int = 5
    short_ns: float = 25e6


RULES = Rules()
