"""Cells by name: the library's own, and those of anyone. Imports nothing heavy.

A cell is the recurrence of a layer: a Flax module class with

- an attribute ``units``, its H, and, where it has gates whose shape may be chosen, an attribute ``gates``, a name in
  `GATES`;
- ``__call__(inputs [C, T, F]) -> hidden [C, T, H]``: the hidden state after every time point, from a zero state.

It keeps nothing but parameters. If it has more state than it returns, it sows it, so that `lt.states` finds it:
``self.sow("intermediates", "cell", cell)``, where ``self.is_mutable_collection("intermediates")``. What it takes of
time and memory is estimated from the shapes of its parameters; see `lstm_toys.networks.sizes`.

One's own cell is named by the place where it is defined, ``package.module:Class``.
"""

import dataclasses
import importlib
import re
from typing import Any, Literal, NamedTuple

from lstm_toys import arguments

Gates = Literal["sigmoid", "hard"]

GATES: tuple[Gates, ...] = ("sigmoid", "hard")
"""How a gate is squashed: 1 / (1 + exp(-a)), or clip(0.2 a + 0.5, 0, 1), as the Keras of 2018 did."""


class Cell(NamedTuple):
    """A cell of the library.

    Attributes:
        place: of its class.
        gated: whether it has gates.
    """

    place: str
    gated: bool


CELLS = {
    "lstm": Cell("lstm_toys.networks.lstm:LSTM", True),
    "gru": Cell("lstm_toys.networks.gru:GRU", True),
    "rnn": Cell("lstm_toys.networks.rnn:RNN", False),
}

PLACE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
"""Where a cell of one's own is."""


class InvalidModel(ValueError):
    """A network that cannot be made, or cannot be trained on its task; the argument says why in one line."""


def cell_class(cell: str) -> Any:
    """The class of a cell.

    Args:
        cell: a name in `CELLS`, or a place, ``package.module:Class``.

    Raises:
        InvalidModel: there is none, or it is no cell.
    """
    if not isinstance(cell, str) or (cell not in CELLS and not PLACE.fullmatch(cell)):
        raise InvalidModel(
            f"there is no cell {arguments.brief(cell)}; there are {', '.join(CELLS)}, and your own package.module:Class"
        )
    module, _, name = (CELLS[cell].place if cell in CELLS else cell).partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InvalidModel(f"the cell {cell} cannot be imported: {error}") from None
    if not isinstance(found, type) or "units" not in _attributes(found):
        raise InvalidModel(f"{cell} is no cell: a cell is a Flax module class with an attribute units")
    return found


def check(cell: str, gates: str) -> None:
    """Raises InvalidModel if there is no such cell, or it has no such gates."""
    if gates not in GATES:
        raise InvalidModel(f"gates are {' or '.join(GATES)}, not {gates!r}")
    if "gates" not in _attributes(cell_class(cell)) and gates != GATES[0]:
        raise InvalidModel(f"the cell {cell} has no gates that could be {gates}")


def units(name: str, value: Any) -> int:
    """Units of a layer, or features; raises InvalidModel if they are not a whole number above 0."""
    try:
        return arguments.whole(name, value, least=1)
    except ValueError as error:
        raise InvalidModel(str(error)) from None


def layer(cell: str, units: int, gates: str, name: str) -> Any:
    """One layer of a cell, under a name; the gates are those of a cell that has some."""
    made = cell_class(cell)
    return made(units=units, name=name, **({"gates": gates} if "gates" in _attributes(made) else {}))


def _attributes(cell: type) -> set[str]:
    return {field.name for field in dataclasses.fields(cell)} if dataclasses.is_dataclass(cell) else set()
