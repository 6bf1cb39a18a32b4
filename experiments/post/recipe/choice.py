"""The rule that chooses a recipe. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lstm_toys.runs.identity import Settings

from ..scores import Scores

CHOSEN_ON = ("line", "line_origin", "amplitude")
"""Probes whose published answers decide the choice."""

VALIDATED_ON = "phase"
"""Probe whose published answers validate the choice, but do not decide it."""

APART = "sine"
"""Probe whose published answer is from an earlier stage of training than all others; see `experiments.timeline`."""

KERAS_RATES = {"sgd": 0.01, "rmsprop": 0.001, "rmsprop_keras": 0.001, "adam": 0.001}
"""Default learning rates of Keras."""


def choose(settings: Sequence[Settings], scored: Scores) -> int:
    """Returns the number of the setting that explains the published answers best, as far as they can decide.

    Among unbeaten settings with Keras's default learning rate, this is the best of the kind with the fewest steps; a
    kind comprises all settings but the steps, which `experiments.timeline` chooses. Without such settings, it is the
    best of all.
    """
    mean = scored.mean
    usual = [
        number
        for number in np.flatnonzero(scored.unbeaten()).tolist()
        if settings[number].learning_rate == KERAS_RATES[settings[number].optimizer]
    ]
    if not usual:
        return int(np.argmin(mean))
    first = settings[min(usual, key=lambda number: (settings[number].steps, mean[number]))]
    kind = [number for number, each in enumerate(settings) if replace(each, steps=first.steps) == first]
    return min(kind, key=lambda number: mean[number])
