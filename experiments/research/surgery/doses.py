"""Moves transitions of linear recurrences by doses."""

from __future__ import annotations

import jaxtyping as jt
import numpy as np

from ..horizons.parity import Recurrences

CARRIES = 0.9
"""A carrier's transition exceeds this in size after every symbol."""

Units = jt.Bool[np.ndarray, "S H"]


def carriers(networks: Recurrences) -> Units:
    """The units that carry a sign: those whose transitions exceed `CARRIES` in size after every symbol."""
    return (np.abs(networks.transition) > CARRIES).all(axis=1)


def distance(networks: Recurrences) -> jt.Float[np.ndarray, " S"]:
    """The smallest of the units' mean distances, over symbols, of their transitions to -1 or 1."""
    apart = 1 - np.abs(networks.transition)
    return (networks.symbols.shares @ apart).min(axis=-1)


def lowered(networks: Recurrences, dose: float, units: Units | None = None) -> Recurrences:
    """Multiplies the transitions of some units, by default all, by 1 - ``dose``."""
    return _of(networks, (1 - dose) * networks.transition, units)


def closed(networks: Recurrences, factor: float, units: Units) -> Recurrences:
    """Multiplies the distance of the transitions of some units to -1 or 1, whichever is nearer, by ``factor``."""
    size = 1 - factor * (1 - np.abs(networks.transition))
    return _of(networks, np.sign(networks.transition) * size, units)


def read(networks: Recurrences, factor: float) -> Recurrences:
    """Multiplies the weights of the readout, but not its bias, by ``factor``."""
    return networks._replace(readout=factor * networks.readout)


def _of(networks: Recurrences, transition: jt.Float[np.ndarray, "S K H"], units: Units | None) -> Recurrences:
    chosen = True if units is None else units[:, None]
    return networks._replace(transition=np.where(chosen, transition, networks.transition))
