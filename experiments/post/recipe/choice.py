"""The rule by which a recipe is chosen. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lstm_toys.runs.identity import Settings

from .scores import Scores

CHOSEN_ON = ("line", "line_origin", "amplitude")
"""The probes by whose published answers a recipe is chosen."""

VALIDATED_ON = "phase"
"""The probe whose published answers have no say in the choice, and tell how good it was."""

APART = "sine"
"""The probe whose published answer is another network's, or an earlier state's, than those of all others.

The first answer of an LSTM depends on its first input alone: this one answers 0.119 to 0.3, where the others answer
0.257 to inputs beside it.
"""

KERAS_RATES = {"sgd": 0.01, "rmsprop": 0.001, "rmsprop_keras": 0.001, "adam": 0.001}
"""The learning rates that Keras takes where none is named."""


def choose(settings: Sequence[Settings], scored: Scores) -> int:
    """The number of the setting that explains published answers best, as far as they tell.

    Of those that no other beats and that have the rate that Keras takes where none is named, the one with the fewest
    steps, and of several such the best. If there is none, the best of all.
    """
    mean = scored.mean
    usual = [
        number
        for number in np.flatnonzero(scored.unbeaten()).tolist()
        if settings[number].learning_rate == KERAS_RATES[settings[number].optimizer]
    ]
    return min(usual, key=lambda number: (settings[number].steps, mean[number])) if usual else int(np.argmin(mean))
