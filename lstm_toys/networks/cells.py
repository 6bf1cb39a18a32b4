"""Cells by name, built-in and user-defined. Imports nothing heavy.

A cell is the recurrence of a layer: a Flax module class with

- an attribute ``units``, H, and, if its gate function can be chosen, an attribute ``gates``, a name in `GATES`;
- ``__call__(inputs [C, T, F]) -> hidden [C, T, H]``: the hidden state after every time point, from a zero state; for
  rollouts and dynamics, from ``self.initial(...)`` of `lstm_toys.networks.layer.Layer`.

It keeps only parameters. For `lt.states` it may sow states that it does not return,
``self.sow("intermediates", "cell", cell)``, if ``self.is_mutable_collection("intermediates")``. A user-defined cell is
named by where it is defined, ``package.module:Class``, with its other attributes in parentheses if they are not the
defaults: ``package.module:LowRank(rank=2)``. So is any subclass of `flax.linen.RNNCellBase`, ``flax.linen:GRUCell``.
"""

import ast
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


MOST_LAYERS = 100
"""Most layers below a readout; with far fewer, compiling already takes longer than training."""


class Cell(NamedTuple):
    """A built-in cell: where its class is defined, and whether it has gates."""

    place: str
    gated: bool


CELLS = {
    "lstm": Cell("lstm_toys.networks.lstm:LSTM", True),
    "gru": Cell("lstm_toys.networks.gru:GRU", True),
    "rnn": Cell("lstm_toys.networks.rnn:RNN", False),
}

CELL = re.compile(r"(?P<place>[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*)(?P<options>\(.*\))?")
"""The name of a user-defined cell: where its class is defined, and its attributes."""

FLAX = "lstm_toys.networks.layer:Recurrent"
"""The class of layers of a cell that is a `flax.linen.RNNCellBase`."""

RESERVED = ("units", "features", "gates", "name", "parent")
"""Attributes of a cell that cannot be set in its name."""


class InvalidModel(ValueError):
    """A network cannot be built, or cannot be trained on its task; the message is one line.

    Example:
        >>> import lstm_toys as lt
        >>> issubclass(lt.errors.InvalidModel, ValueError)  # As of `lt.Stack(features=0)`.
        True
    """


@contextmanager
def invalid() -> Iterator[None]:
    """Turns a ValueError about an attribute into an InvalidModel."""
    try:
        yield
    except ValueError as error:
        raise InvalidModel(str(error)) from None


def parsed(cell: str) -> tuple[str, dict[str, Any]]:
    """Splits the name of a cell into the place of its class and its attributes; raises InvalidModel."""
    if isinstance(cell, str) and cell in CELLS:
        return CELLS[cell].place, {}
    if not isinstance(cell, str) or not (match := CELL.fullmatch(cell)):
        available = f"{', '.join(CELLS)}, or your own package.module:Class"
        raise InvalidModel(f"unknown cell {arguments.brief(cell)}; available: {available}")
    options: dict[str, Any] = {}
    if match["options"]:
        try:
            call = ast.parse(f"cell{match['options']}", mode="eval").body
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
                raise ValueError
            options = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
        except (SyntaxError, ValueError):
            raise InvalidModel(f"options of the cell {cell} must be literals by name, such as (rank=2)") from None
    if reserved := {*options} & {*RESERVED}:
        raise InvalidModel(f"{min(reserved)} cannot be an option of the cell {cell}; it is set separately")
    return match["place"], options


def canonical(cell: str) -> str:
    """The canonical name of a cell: options in alphabetical order, without spaces; raises InvalidModel."""
    place, options = parsed(cell)
    written = ",".join(f"{name}={value!r}" for name, value in sorted(options.items())).replace(" ", "")
    name = cell if cell in CELLS else f"{place}({written})" if options else place
    if parsed(name) != (place, options):
        raise InvalidModel(f"options of the cell {cell} cannot contain text with spaces")
    return name


def cell_class(cell: str) -> Any:
    """Imports the class of a cell, a name in `CELLS` or of a user-defined cell; raises InvalidModel."""
    place, options = parsed(cell)
    module, _, name = place.partition(":")
    try:
        kind = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InvalidModel(f"the cell {cell} cannot be imported: {error}") from None
    if not isinstance(kind, type) or not ("units" in _attributes(kind) or _of_flax(kind)):
        raise InvalidModel(
            f"{cell} is not a cell: a cell is a Flax module class with an attribute units, or a flax.linen.RNNCellBase"
        )
    if unknown := options.keys() - _attributes(kind):
        available = ", ".join(sorted(_attributes(kind) - {"parent", "name", "units"})) or "none"
        raise InvalidModel(f"the cell {place} has no attribute {min(unknown)}, but {available}")
    return kind


def check(cell: str, gates: str) -> None:
    """Raises InvalidModel if the cell or its gates are unknown."""
    with invalid():
        arguments.choice("gates", gates, *GATES)
    if "gates" not in _attributes(cell_class(cell)) and gates != GATES[0]:
        raise InvalidModel(f"the cell {cell} has no gates, so gates cannot be {gates}")


def layer(cell: str, units: int, gates: str, name: str) -> Any:
    """Builds one layer of a cell; ``gates`` is ignored for cells without gates."""
    kind, (_, options) = cell_class(cell), parsed(cell)
    if _of_flax(kind):
        return cell_class(FLAX)(units=units, cell=kind(features=units, **options, parent=None), name=name)
    return kind(units=units, name=name, **options, **({"gates": gates} if "gates" in _attributes(kind) else {}))


def _of_flax(kind: type) -> bool:
    return hasattr(kind, "initialize_carry") and "features" in _attributes(kind)


def _attributes(cell: type) -> set[str]:
    return {field.name for field in dataclasses.fields(cell)} if dataclasses.is_dataclass(cell) else set()
