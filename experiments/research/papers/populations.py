"""What the claims of all papers share, such as variants and specifications of networks. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import jaxtyping as jt
import numpy as np

import lstm_toys as lt
from lstm_toys.runs import command_line
from lstm_toys.studies.claims import choices
from lstm_toys.studies.claims.choices import Change

from ...post.claims import other_gates, trained_by

NETWORKS = 16
"""Most networks under other choices."""

BITS_AT_EVERY_POINT: dict[str, Any] = {"sequence": True, "loss": "binary_cross_entropy", "fresh": True}
"""What the tasks of all papers are: bits at every point, of strings that are new in every step."""

OPTIMIZERS = {"rmsprop": "RMSprop", "adam": "Adam"}
"""The optimizers that were tried, and their names in words."""

RATES = {"rmsprop": (0.01, 0.03, 0.1), "adam": (0.003, 0.01, 0.03)}
"""The grid of optimizers and learning rates, of those that `tune` tries."""


class Paper(NamedTuple):
    """What is measured of the networks that judge claims of papers.

    Attributes:
        number: from sets of curves, the number of each network that the figure shows.
        curves: the names of these sets.
        shown: populations in the figure, with names and recipes in words.
        draw: from metrics and ``shown``, the figure.
        measured: populations whose networks are looked into.
        measure: from networks, what is measured inside each of them, by quantity.
    """

    number: Callable[..., jt.Float[np.ndarray, " S"]]
    curves: Sequence[str]
    shown: Mapping[str, str]
    draw: Callable[[Mapping[str, Any], Mapping[str, str]], lt.figures.Drawing]
    measured: Sequence[str] = ()
    measure: Callable[[lt.Networks], Mapping[str, jt.Shaped[np.ndarray, " S"]]] = lambda _: {}


def recipe(optimizer: str, rate: float) -> str:
    """An optimizer and a learning rate in words."""
    return f"{OPTIMIZERS[optimizer]} {rate:g}"


def with_recipes(
    words: Mapping[str, str], populations: Mapping[str, tuple[lt.Experiment, list[str]]]
) -> dict[str, str]:
    """The names of populations in words, each with its recipe."""
    every = {name: command_line.parse(*populations[name])[0] for name in words}
    return {name: f"{words[name]} ({recipe(own.optimizer, own.learning_rate)})" for name, own in every.items()}


def changed(**values: Any) -> Change:
    """Networks with other settings."""
    return lambda _, settings: replace(settings, **values)


def fewer(change: Change) -> Change:
    """A variant with half the networks, because all of them would take too long."""

    def smaller(name: str, settings: lt.Settings) -> lt.Settings | None:
        made = change(name, settings)
        return made and replace(made, seeds=max(1, settings.seeds // 2))

    return smaller


def optimized(optimizer: str, rate: float) -> Change:
    """Another optimizer and rate; populations that are published with these are skipped."""
    change = trained_by(optimizer, rate)

    def other(name: str, settings: lt.Settings) -> lt.Settings | None:
        return None if (settings.optimizer, settings.learning_rate) == (optimizer, rate) else change(name, settings)

    return other


def at_most(networks: int, change: Change) -> Change:
    """The same change, for at most some networks."""
    return lambda name, settings: change(name, replace(settings, seeds=min(settings.seeds, networks)))


def specifications() -> tuple[lt.claims.Specification, ...]:
    """The usual choices, optimizers with rates, gates and steps, with at most `NETWORKS` networks.

    A third and three times the published rate stay next to the grid, which lacks most of these rates.
    """
    others = (
        *(
            lt.claims.Specification(optimized(name, rate), {"optimizer and rate": f"{name} {rate:g}"})
            for name, rates in RATES.items()
            for rate in rates
        ),
        lt.claims.Specification(other_gates, {"gates": "the other"}),
        lt.claims.Specification(choices.changed(steps=0.5), {"steps": "half"}),
        lt.claims.Specification(choices.changed(steps=2.0), {"steps": "twice"}),
    )
    return tuple(replace(each, change=at_most(NETWORKS, each.change)) for each in (*choices.usual(), *others))
