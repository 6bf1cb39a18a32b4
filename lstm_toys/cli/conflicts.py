"""Flags of which one leaves the other without an effect: a default gives way, and what was typed is refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from lstm_toys.networks import cells, hyper

Values = Mapping[str, Any]
"""The values of flags, by name."""


class Conflict(NamedTuple):
    """Two flags that may not go together.

    Attributes:
        flag: that has no effect.
        other: that leaves it none.
        reason: from all values to why, ``{}`` standing for the other flag; None where they do go together.
    """

    flag: str
    other: str
    reason: Callable[[Values], str | None]


def _gates(values: Values) -> str | None:
    if values["gates"] == cells.GATES[0] or values["cell"] not in cells.CELLS or cells.CELLS[values["cell"]].gated:
        return None
    return f"{{}} has none; {_listed(name for name, each in cells.CELLS.items() if each.gated)} do"


def _taken(name: str) -> Callable[[Values], str | None]:
    def reason(values: Values) -> str | None:
        if values[name] is None or name in hyper.TAKES[values["optimizer"]]:
            return None
        return f"{{}} has none; {_listed(other for other, taken in hyper.TAKES.items() if name in taken)} do"

    return reason


def _layer(values: Values) -> str | None:
    dense = values["readout"] == "dense" and not values["hidden"]
    return "a dense readout needs a layer below it; {} leaves none" if dense else None


def _late(values: Values) -> str | None:
    late = [step for step in values["keep_steps"] if step >= values["steps"]]
    return f"{late[0]:,} is not before the last step of {{}}" if late else None


CONFLICTS = (
    Conflict("gates", "cell", _gates),
    Conflict("momentum", "optimizer", _taken("momentum")),
    Conflict("decay", "optimizer", _taken("decay")),
    Conflict("readout", "hidden", _layer),
    Conflict("hidden", "readout", _layer),
    Conflict("keep_steps", "steps", _late),
)


def settled(values: Values, typed: Collection[str], fixed: Collection[str], usual: Values, name: str) -> dict[str, Any]:
    """The values of flags, of which each has an effect.

    Args:
        values: as typed, or by default.
        typed: the flags that were.
        fixed: the flags whose values the experiment has fixed.
        usual: what a default gives way to.
        name: of the experiment.

    Raises:
        ValueError: a typed flag has no effect, or the defaults contradict each other.
    """
    found = dict(values)
    if "keep_steps" not in typed and "steps" in typed:
        found["keep_steps"] = tuple(step for step in found["keep_steps"] if step < found["steps"])
    # Whether a cell of the user's own has gates is not known before it is imported.
    if "gates" not in typed and "cell" in typed and found["cell"] not in cells.CELLS:
        found["gates"] = usual["gates"]
    for flag, other, reason in CONFLICTS:
        if flag not in (*typed, *fixed) and other in typed and reason(found):
            found[flag] = usual[flag]

    def told(flag: str) -> str:
        source = "" if flag in typed else f" (fixed by {name})" if flag in fixed else f" (the default of {name})"
        return f"--{flag}={_written(found[flag])}{source}"

    for flag, other, reason in CONFLICTS:
        if why := reason(found):
            where = "flag " if {flag, other} & {*typed} else f"experiment {name}: its defaults contradict each other: "
            raise ValueError(f"{where}{told(flag)}: {why.format(told(other))}")
    return found


def _listed(names: Iterable[str]) -> str:
    """Names in words."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _written(value: Any) -> str:
    """A value as it is typed."""
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
