"""Variants and specifications of networks that the claims of all papers share. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import jaxtyping as jt
import numpy as np

import lstm_toys as lt

from ...post.claims import other_gates, trained_by

NETWORKS = 16
"""Most networks under other choices."""

BITS_AT_EVERY_POINT: dict[str, Any] = {"sequence": True, "loss": "binary_cross_entropy", "fresh": True}
"""Options of the tasks of all papers: bits at every point, of strings that are new in every step."""

OPTIMIZERS = {"rmsprop": "RMSprop", "adam": "Adam"}
"""The optimizers that were tried, and their names in words."""

RATES = {"rmsprop": (0.01, 0.03, 0.1), "adam": (0.003, 0.01, 0.03)}
"""The grid of optimizers and learning rates, of those that `tune` tries."""


class Paper(NamedTuple):
    """The figure and the measurements in the report on a topic of papers.

    Attributes:
        number: the number of each network that the figure shows, one that claims are about.
        shown: populations in the figure, with names and recipes in words.
        draw: takes metrics and ``shown``, and returns the figure.
        measured: populations whose networks are analyzed by ``measure``.
        measure: takes networks, and returns each network's value of every quantity, by name.
    """

    number: Callable[..., jt.Float[np.ndarray, " S"]]
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
    recipes = {}
    for name, (experiment, flags) in populations.items():
        settings = {**experiment.defaults, **dict(flag.removeprefix("--").split("=", 1) for flag in flags)}
        recipes[name] = recipe(settings["optimizer"], float(settings["learning_rate"]))
    return {name: f"{label} ({recipes[name]})" for name, label in words.items()}


def changed(**values: Any) -> lt.claims.Change:
    """Networks with other settings."""
    return lambda _, settings: replace(settings, **values)


def other_seeds(more: int) -> lt.claims.Change:
    """Networks that were initialized by another base seed."""
    return lambda _, settings: replace(settings, base_seed=settings.base_seed + more)


def fewer(change: lt.claims.Change) -> lt.claims.Change:
    """A variant with half the networks, because all of them would take too long."""

    def smaller(name: str, settings: lt.Settings) -> lt.Settings | None:
        variant = change(name, settings)
        return variant and replace(variant, seeds=max(1, settings.seeds // 2))

    return smaller


def optimized(optimizer: str, rate: float) -> lt.claims.Change:
    """Another optimizer and rate; populations that are published with these are skipped."""
    change = trained_by(optimizer, rate)

    def other(name: str, settings: lt.Settings) -> lt.Settings | None:
        return None if (settings.optimizer, settings.learning_rate) == (optimizer, rate) else change(name, settings)

    return other


def at_most(networks: int, change: lt.claims.Change) -> lt.claims.Change:
    """The same change, for at most some networks."""
    return lambda name, settings: change(name, replace(settings, seeds=min(settings.seeds, networks)))


def specifications() -> tuple[lt.claims.Specification, ...]:
    """Choices of rates, sizes, seeds, optimizers with rates, gates and steps, with at most `NETWORKS` networks.

    A third and three times the published rate stay next to the grid, which lacks most of these rates.
    """
    times = lt.claims.changed
    choices = (
        ("learning rate", "a third", times(learning_rate=1 / 3)),
        ("learning rate", "three times", times(learning_rate=3.0)),
        ("units", "half", times(hidden=0.5)),
        ("units", "twice", times(hidden=2.0)),
        *(("base seed", f"{more:,} more", other_seeds(more)) for more in (1_001, 2_002)),
        *(
            ("optimizer and rate", f"{name} {rate:g}", optimized(name, rate))
            for name, rates in RATES.items()
            for rate in rates
        ),
        ("gates", "the other", other_gates),
        ("steps", "half", times(steps=0.5)),
        ("steps", "twice", times(steps=2.0)),
    )
    return tuple(lt.claims.Specification(at_most(NETWORKS, change), {kind: choice}) for kind, choice, change in choices)
