"""Flags that make another flag ineffective: a default is then dropped, a typed flag is refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from lstm_toys.networks import cells, optimizers

Values = Mapping[str, Any]


class Conflict(NamedTuple):
    """A flag, and another one that may make it ineffective.

    ``reason`` maps all values to the reason, with ``{}`` for the other flag; None if there is no conflict.
    """

    flag: str
    other: str
    reason: Callable[[Values], str | None]


def _unused(names: Iterable[str]) -> str:
    """A reason that names the values of the other flag with which a flag has an effect."""
    *most, last = names
    listed = f"{', '.join(most)} and {last}" if most else last
    return f"{{}} does not use it; {listed} do"


def _gates(values: Values) -> str | None:
    if values["gates"] == cells.GATES[0] or values["cell"] not in cells.CELLS or cells.CELLS[values["cell"]].gated:
        return None
    return _unused(name for name, each in cells.CELLS.items() if each.gated)


def _taken(name: str) -> Callable[[Values], str | None]:
    def reason(values: Values) -> str | None:
        if values[name] is None or name in optimizers.TAKES[values["optimizer"]]:
            return None
        return _unused(other for other, taken in optimizers.TAKES.items() if name in taken)

    return reason


def _layer(values: Values) -> str | None:
    dense = values["readout"] == "dense" and not values["hidden"]
    return "a dense readout needs a layer below it, but there is none with {}" if dense else None


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
    """Resolves conflicts between typed and default values of an experiment's flags, so that each flag has an effect.

    The experiment fixes some flags; ``usual`` values replace conflicting defaults. Raises ValueError if a typed flag
    has no effect, the defaults contradict each other, or it is unknown whether a default applies.
    """
    resolved = dict(values)
    if "keep_steps" not in typed and "steps" in typed:
        resolved["keep_steps"] = tuple(step for step in resolved["keep_steps"] if step < resolved["steps"])
    # Whether a custom cell has gates is unknown until it is imported, and a default must not change in silence.
    unknown = "gates" not in (*typed, *fixed) and "cell" in typed and resolved["cell"] not in cells.CELLS
    if unknown and resolved["gates"] != usual["gates"]:
        raise ValueError(
            f"flag --cell={resolved['cell']}: add --gates={resolved['gates']}, the default of {name}, "
            f"if this cell takes gates, or else --gates={usual['gates']}"
        )
    for flag, other, reason in CONFLICTS:
        if flag not in (*typed, *fixed) and other in typed and reason(resolved):
            resolved[flag] = usual[flag]

    def described(flag: str) -> str:
        source = "" if flag in typed else f" (fixed by {name})" if flag in fixed else f" (the default of {name})"
        return f"--{flag}={_written(resolved[flag])}{source}"

    for flag, other, reason in CONFLICTS:
        if why := reason(resolved):
            where = "flag " if {flag, other} & {*typed} else f"experiment {name}: its defaults contradict each other: "
            raise ValueError(f"{where}{described(flag)}: {why.format(described(other))}")
    return resolved


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
