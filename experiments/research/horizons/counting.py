"""How far LSTMs count, and predictions of it from the counter's gates along a^50 b^50; in double precision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jaxtyping as jt
import numpy as np

from ..papers.languages import TRAINED
from ..papers.networks import counter

LARGEST = 4_000
"""K, the largest n that is shown."""

SIZES = np.unique([*range(1, 401), *np.geomspace(400, LARGEST, 232).round()]).astype(int)
"""The n that are shown: every one to 400, and then every 1 %."""

BATCH = 50
"""Strings that are shown at a time."""

LATER = slice(30, 48)
"""The a's, and likewise the b's, along which gates are read: from the 31st to the 48th, where they have settled."""

START, A, B = range(3)

LEGAL = {"a": (1, 1, -1), "b": (-1, 1, -1), "end": (-1, -1, 1)}
"""Which of a, b and the end may come next, 1, or not, -1: after an a, between two b's, and after the last b."""

Numbers = jt.Float[np.ndarray, " S"]
Sizes = jt.Int[np.ndarray, " C"]
Units = jt.Int[np.ndarray, " S"]
State = jt.Float[np.ndarray, "4 S C H"]
"""Hidden and cell states of networks, and the last step of the cells: the share that was lost, and what was added."""


class Counters(NamedTuple):
    """LSTMs of one layer, with sigmoid gates and a dense readout, in double precision."""

    params: Mapping[str, Mapping[str, jt.Float[np.ndarray, "S ..."]]]

    @staticmethod
    def of(params: Mapping[str, Any]) -> Counters:
        """The networks with these parameters."""
        return Counters(jax.tree.map(lambda leaf: np.asarray(leaf, float), params))

    @property
    def layer(self) -> Mapping[str, jt.Float[np.ndarray, "S ..."]]:
        """The parameters of the LSTM."""
        return self.params["lstm_0"]

    def chosen(self, networks: Any) -> Counters:
        """Some of the networks."""
        return jax.tree.map(lambda leaf: leaf[networks], self)

    def shifted(self, bias: Units, shift: float) -> Counters:
        """The networks with one bias of each shifted; biases are in the order input, forget, cell, output."""
        moved = self.layer["bias"].copy()
        moved[np.arange(len(moved)), bias] += shift
        return self._replace(params={**self.params, "lstm_0": {**self.layer, "bias": moved}})

    def begun(self) -> State:
        """The states after the start of a string."""
        seeds, units, _ = self.layer["recurrent_kernel"].shape
        return self.step(np.zeros((4, seeds, 1, units)), START)

    def step(self, state: State, symbol: int) -> State:
        """The states after one more symbol."""
        drive = (self.layer["kernel"][:, symbol] + self.layer["bias"])[:, None]
        i, f, g, o = np.split(drive + state[0] @ self.layer["recurrent_kernel"], 4, axis=-1)
        lost, opened, shown = (0.5 * np.tanh(drive / 2) + 0.5 for drive in (-f, i, o))
        added = opened * np.tanh(g)
        cell = (1 - lost) * state[1] + added
        return np.stack([shown * np.tanh(cell), cell, lost, added])

    def margin(self, state: State, place: str) -> jt.Float[np.ndarray, "S C"]:
        """The smallest logit of the next symbols, signed so that it is positive on the right side of 0."""
        logits = state[0] @ self.params["readout"]["kernel"] + self.params["readout"]["bias"][:, None]
        return (logits * LEGAL[place]).min(axis=-1)


def margins(networks: Counters, sizes: Sizes) -> jt.Float[np.ndarray, "S C"]:
    """The smallest margin along each string a^n b^n of rising n; a string is accepted if it is positive.

    Strings share the states after their a's.
    """
    states = [networks.begun()]
    for _ in range(sizes[-1]):
        states.append(networks.step(states[-1], A))
    rising = np.concatenate(states[1:], axis=2)
    least = np.minimum.accumulate(networks.margin(rising, "a"), axis=1)[:, sizes - 1]
    falling = rising[:, :, sizes - 1]
    for symbols in range(1, sizes[-1] + 1):
        ended = int(np.searchsorted(sizes, symbols))
        falling = networks.step(falling[:, :, ended - len(sizes) :], B)
        says = np.where(sizes[ended:] == symbols, networks.margin(falling, "end"), networks.margin(falling, "b"))
        least[:, ended:] = np.minimum(least[:, ended:], says)
    return least


def horizon(networks: Counters, sizes: Sizes = SIZES) -> Numbers:
    """H: the largest n up to which networks accept every shown string; 0 if not even the first one.

    A network is shown no more strings after those among which it failed.
    """
    alive = np.arange(len(networks.layer["bias"]))
    reached = np.zeros(len(alive))
    for chunk in np.split(sizes, range(BATCH, len(sizes), BATCH)):
        accepted = margins(networks.chosen(alive), chunk) > 0
        count = np.where(accepted.all(axis=1), len(chunk), accepted.argmin(axis=1))
        reached[alive] = np.where(count > 0, chunk[count - 1], reached[alive])
        alive = alive[count == len(chunk)]
        if not len(alive):
            break
    return reached


class Read(NamedTuple):
    """Each network's counter: its unit, and the share of the count that each a or b loses, and what it adds."""

    unit: Units
    lost: jt.Float[np.ndarray, "2 S"]
    added: jt.Float[np.ndarray, "2 S"]


def read(networks: Counters, unit: Units | None = None) -> Read:
    """Reads the counter, or a given unit, along the longest string of the training."""
    states = [networks.begun()]
    for symbol in TRAINED * [A] + TRAINED * [B]:
        states.append(networks.step(states[-1], symbol))
    _, cell, *changes = np.concatenate(states[1:], axis=2)
    unit = counter(cell, TRAINED).unit if unit is None else unit

    def settled(values: jt.Float[np.ndarray, "S T H"]) -> jt.Float[np.ndarray, "2 S"]:
        along = values[np.arange(len(unit)), :, unit].reshape(-1, 2, TRAINED)
        return along[:, :, LATER].mean(axis=2).T

    return Read(unit, *map(settled, changes))


def ends(reading: Read, sizes: Sizes) -> jt.Float[np.ndarray, "S C"]:
    """The counter's value after a^n b^n, if it began at 0 and every step were like those read."""
    lost = reading.lost[..., None]
    with np.errstate(invalid="ignore", divide="ignore"):  # Of gates that are 0 or 1.
        log_kept = sizes * np.log1p(-lost)  # The logarithm of what is left of a count after n steps.
        sums = np.where(lost > 0, -np.expm1(log_kept) / lost, sizes)
    risen, fallen = reading.added[..., None] * sums
    return np.exp(log_kept[1]) * risen + fallen


def predict(networks: Counters, share: float = 0.5, trained: Read | None = None) -> Numbers:
    """P: the first n whose value at the end is beyond all of those up to 50 by this share of a b's step; at most K.

    Uses no string but the longest of the training. For networks that were changed, ``trained`` is the reading
    before the change: its values and steps count.
    """
    reading = read(networks, None if trained is None else trained.unit)
    trained = reading if trained is None else trained
    value, inside = ends(reading, np.arange(1, LARGEST + 1)).T, ends(trained, np.arange(1, TRAINED + 1))
    far = share * np.abs(trained.added[1])
    lowest, highest = inside.min(axis=1) - far, inside.max(axis=1) + far
    beyond = ~((lowest < value) & (value < highest))
    return np.where(beyond.any(axis=0), beyond.argmax(axis=0) + 1, LARGEST).astype(float)
