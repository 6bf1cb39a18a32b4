"""Other trainings that the sentences of the post could have been about as well. Imports nothing heavy.

The author trained one network under one optimizer, rate, size and number of steps. Each choice is varied from the
published settings, one at a time; then, for the sine, `COMBINATIONS` random combinations, drawn with a fixed seed.
That verdicts turn under such choices had been seen in a trial with 24 networks of the sine under 24 recipes and sizes,
before these choices, the rule and the thresholds were fixed here; docs/notes/claims.md has the trial.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

import lstm_toys as lt
from lstm_toys.studies.claims.choices import changed, other_seeds

RATES = {"rmsprop_keras": (0.0003, 0.001, 0.003), "adam": (0.001, 0.003, 0.01), "sgd": (0.1, 0.3, 1.0)}
"""The grid of optimizers and learning rates."""

SGD_STEPS = 4_000
"""Fewest steps of SGD, which needs more of them than the other optimizers."""

NETWORKS = 24
"""Most networks of populations other than the sine's."""

COMBINATIONS, DRAWN_WITH = 40, 48
"""Number of random combinations, and the seed that they are drawn with."""


def trained_by(optimizer: str, rate: float) -> lt.Change:
    """Another optimizer and rate, with the optimizer's own momentum and decay."""

    def change(_: str, settings: lt.Settings) -> lt.Settings:
        steps = max(settings.steps, SGD_STEPS) if optimizer == "sgd" else settings.steps
        return replace(settings, optimizer=optimizer, learning_rate=rate, momentum=None, decay=None, steps=steps)

    return change


def other_gates(_: str, settings: lt.Settings) -> lt.Settings | None:
    """Hard gates in place of sigmoid ones, and the other way around; vanilla RNNs have none."""
    if settings.cell == "rnn":
        return None
    return replace(settings, gates="hard" if settings.gates == "sigmoid" else "sigmoid")


CHOICES: dict[str, dict[str, lt.Change]] = {
    "optimizer and rate": {
        f"{name} {rate:g}": trained_by(name, rate) for name, rates in RATES.items() for rate in rates
    },
    "gates": {"the other": other_gates},
    "units": {"half": changed(hidden=0.5), "twice": changed(hidden=2.0)},
    "steps": {"half": changed(steps=0.5), "1.5 times": changed(steps=1.5), "twice": changed(steps=2.0)},
    "base seed": {"1,001 more": other_seeds(1_001), "2,002 more": other_seeds(2_002)},
}
"""By kind and name, how the settings change."""


def specification(choices: dict[str, str], only: str = "") -> lt.Specification:
    """Makes a specification of choices, for all populations or ``only`` for one."""

    def change(name: str, settings: lt.Settings) -> lt.Settings | None:
        if only not in ("", name):
            return None
        before = settings if name == "sine" else replace(settings, seeds=min(settings.seeds, NETWORKS))
        after: lt.Settings | None = before
        for kind, choice in choices.items():
            after = after and CHOICES[kind][choice](name, after)
        same = after and replace(after, momentum=before.momentum, decay=before.decay) == before
        return None if same else after  # The published choice is one of the grid.

    return lt.Specification(change, choices)


def combinations() -> Iterator[lt.Specification]:
    """Yields random combinations of at least two choices, each of which may also be the published one."""
    random, seen = np.random.default_rng(DRAWN_WITH), list[dict[str, str]]()
    while len(seen) < COMBINATIONS:
        drawn = {kind: ["", *choices][random.integers(1 + len(choices))] for kind, choices in CHOICES.items()}
        chosen = {kind: choice for kind, choice in drawn.items() if choice}
        if len(chosen) > 1 and chosen not in seen:
            seen.append(chosen)
            yield specification(chosen, only="sine")


SPECIFICATIONS = (
    *(specification({kind: choice}) for kind, choices in CHOICES.items() for choice in choices),
    *combinations(),
)
