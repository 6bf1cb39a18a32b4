"""Flags that make another flag ineffective: a default is then dropped, a typed flag is refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from lstm_toys.cli.parsers import stated
from lstm_toys.networks import cells, optimizers

Values = Mapping[str, Any]


class Conflict(NamedTuple):
    """A flag, another one that may make it ineffective, whether it does, and a phrase that the other one completes."""

    flag: str
    other: str
    holds: Callable[[Values], bool]
    phrase: str = "has no effect with"


def _gates(values: Values) -> bool:
    cell = cells.CELLS.get(values["cell"])  # None: a custom one.
    return values["gates"] != cells.GATES[0] and cell is not None and not cell.gated


def _not_taken(name: str) -> Callable[[Values], bool]:
    return lambda values: values[name] is not None and name not in optimizers.TAKES[values["optimizer"]]


def _bare(values: Values) -> bool:
    return values["readout"] == "dense" and not values["hidden"]


CONFLICTS = (
    Conflict("gates", "cell", _gates),
    Conflict("momentum", "optimizer", _not_taken("momentum")),
    Conflict("decay", "optimizer", _not_taken("decay")),
    Conflict("readout", "hidden", _bare, "needs a layer below it, but there is none with"),
    Conflict("hidden", "readout", _bare, "leaves no layer below"),
    Conflict(
        "keep_steps",
        "steps",
        lambda values: any(step >= values["steps"] for step in values["keep_steps"]),
        "must be before the last step,",
    ),
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

    def described(flag: str) -> str:
        source = "" if flag in typed else f" (fixed by {name})" if flag in fixed else f" (the default of {name})"
        return f"--{flag}={stated(resolved[flag])}{source}"

    for flag, other, holds, _ in CONFLICTS:
        if flag not in (*typed, *fixed) and other in typed and holds(resolved):
            resolved[flag] = usual[flag]
    for flag, other, holds, phrase in CONFLICTS:
        if holds(resolved):
            where = "flag " if {flag, other} & {*typed} else f"experiment {name}: its defaults contradict each other: "
            raise ValueError(f"{where}{described(flag)}: {phrase} {described(other)}")
    return resolved
