"""Variants of networks that the claims of all papers share. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import jaxtyping as jt
import numpy as np

import lstm_toys as lt

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


def fewer(change: lt.claims.Change) -> lt.claims.Change:
    """A variant with half the networks, because all of them would take too long."""

    def smaller(name: str, settings: lt.Settings) -> lt.Settings | None:
        variant = change(name, settings)
        return variant and replace(variant, seeds=max(1, settings.seeds // 2))

    return smaller
