"""Cells by name, built-in and user-defined. Imports nothing heavy.

A cell is the recurrence of a layer: a Flax module class with

- an attribute ``units``, H, and, if its gate function can be chosen, an attribute ``gates``, a name in `GATES`;
- ``__call__(inputs [C, T, F]) -> hidden [C, T, H]``: the hidden state after every time point, from a zero state; for
  rollouts and dynamics, from ``self.initial(...)`` of `lstm_toys.networks.layer.Layer`.

It keeps only parameters. For `lt.states` it may sow states that it does not return,
``self.sow("intermediates", "cell", cell)``, if ``self.is_mutable_collection("intermediates")``. A user-defined cell is
named by where it is defined, ``package.module:Class``.
"""

import dataclasses
import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

from lstm_toys import arguments

Gates = Literal["sigmoid", "hard"]

GATES: tuple[Gates, ...] = ("sigmoid", "hard")
"""Gate functions: 1 / (1 + exp(-a)), and clip(0.2 a + 0.5, 0, 1), as in the Keras of 2018."""


class Cell(NamedTuple):
    """A built-in cell: where its class is defined, and whether it has gates."""

    place: str
    gated: bool


CELLS = {
    "lstm": Cell("lstm_toys.networks.lstm:LSTM", True),
    "gru": Cell("lstm_toys.networks.gru:GRU", True),
    "rnn": Cell("lstm_toys.networks.rnn:RNN", False),
}

PLACE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


class InvalidModel(ValueError):
    """A network that cannot be built, or cannot be trained on its task; the message is one line.

    Example:
        >>> import lstm_toys as lt
        >>> issubclass(lt.InvalidModel, ValueError)  # As of `lt.Stack(features=0)`.
        True
    """


@contextmanager
def invalid() -> Iterator[None]:
    """Turns a ValueError about an attribute into an InvalidModel."""
    try:
        yield
    except ValueError as error:
        raise InvalidModel(str(error)) from None


def cell_class(cell: str) -> Any:
    """Imports the class of a cell: a name in `CELLS`, or ``package.module:Class``; raises InvalidModel."""
    if not isinstance(cell, str) or (cell not in CELLS and not PLACE.fullmatch(cell)):
        available = f"{', '.join(CELLS)}, or your own package.module:Class"
        raise InvalidModel(f"unknown cell {arguments.brief(cell)}; available: {available}")
    module, _, name = (CELLS[cell].place if cell in CELLS else cell).partition(":")
    try:
        kind = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InvalidModel(f"the cell {cell} cannot be imported: {error}") from None
    if not isinstance(kind, type) or "units" not in _attributes(kind):
        raise InvalidModel(f"{cell} is not a cell: a cell is a Flax module class with an attribute units")
    return kind


def check(cell: str, gates: str) -> None:
    """Raises InvalidModel if the cell or its gates are unknown."""
    with invalid():
        arguments.choice("gates", gates, *GATES)
    if "gates" not in _attributes(cell_class(cell)) and gates != GATES[0]:
        raise InvalidModel(f"the cell {cell} has no gates, so gates cannot be {gates}")


def layer(cell: str, units: int, gates: str, name: str) -> Any:
    """Builds one layer of a cell; ``gates`` is ignored for cells without gates."""
    kind = cell_class(cell)
    return kind(units=units, name=name, **({"gates": gates} if "gates" in _attributes(kind) else {}))


def _attributes(cell: type) -> set[str]:
    return {field.name for field in dataclasses.fields(cell)} if dataclasses.is_dataclass(cell) else set()
