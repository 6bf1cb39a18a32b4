"""The rule that chooses a recipe. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lstm_toys.runs.identity import Settings

from ..scores import Scores

CHOSEN_ON = ("line", "line_origin", "amplitude")
"""Probes whose published answers decide the choice."""

VALIDATED_ON = "phase"
"""Probe whose published answers do not decide the choice, but validate it."""

APART = "sine"
"""Probe whose published answer comes from another network, or an earlier state, than all others.

The first answer of an LSTM depends on its first input alone: this one is 0.119 for 0.3, the others' is 0.257 for
similar inputs.
"""

KERAS_RATES = {"sgd": 0.01, "rmsprop": 0.001, "rmsprop_keras": 0.001, "adam": 0.001}
"""Default learning rates of Keras."""


def choose(settings: Sequence[Settings], scored: Scores) -> int:
    """Chooses the setting that explains the published answers best, as far as they can decide; returns its number.

    Among unbeaten settings with Keras's default learning rate, it takes the fewest steps, then the best score. Without
    such settings, it takes the best score of all.
    """
    mean = scored.mean
    usual = [
        number
        for number in np.flatnonzero(scored.unbeaten()).tolist()
        if settings[number].learning_rate == KERAS_RATES[settings[number].optimizer]
    ]
    return min(usual, key=lambda number: (settings[number].steps, mean[number])) if usual else int(np.argmin(mean))
