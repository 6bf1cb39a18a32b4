"""The claims of the post, and the populations that they are tested on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import lstm_toys as lt

from .. import amplitude, hill, hill_y, line, post, sine, slope_intercept
from . import other_cells, sentences
from .data import PUBLISHED

DENSE_RATE = 0.3
"""Learning rate of dense readouts: at 1, where readouts of LSTM units learn the hill, all of them diverge."""


DURING = (250, 500, 750, 1_000, 1_250, 1_500, 1_750, 2_000, 2_250, 2_500, 3_000, 4_000)
"""Numbers of steps of the sine's networks after which the claims about them are also tested."""


def published() -> dict[str, lt.Results]:
    """The post's own answers."""
    return post.evidence.published()


def untrained(name: str, settings: lt.Settings) -> lt.Settings | None:
    """Leaves networks untrained."""
    return replace(settings, steps=0) if name == "sine" else None


def on_another_sine(name: str, settings: lt.Settings) -> lt.Settings | None:
    """Trains networks on a sine twice as large."""
    return settings.given(amplitude=0.6) if name == "sine" else None


def dense(_: str, settings: lt.Settings) -> lt.Settings:
    """Sets a dense readout; networks without a layer below it get one of 32 units."""
    rate = min(settings.learning_rate, DENSE_RATE)
    return replace(settings, readout="dense", hidden=settings.hidden or (32,), learning_rate=rate)


def times(factor: float, networks: float = 1) -> Callable[[str, lt.Settings], lt.Settings]:
    """Multiplies the number of steps, and the number of networks."""
    return lambda _, settings: replace(
        settings, steps=int(settings.steps * factor), seeds=max(1, int(settings.seeds * networks))
    )


CLAIMS = lt.Claims(
    title="the claims of the post",
    claims=sentences.SENTENCES,
    populations={
        "line": (line.EXPERIMENT, []),
        "hill": (hill.EXPERIMENT, []),
        "hill_one_layer": (hill.EXPERIMENT, ["--hidden=none"]),
        "hill_y": (hill_y.EXPERIMENT, []),
        "sine": (sine.EXPERIMENT, []),
        "amplitude": (amplitude.EXPERIMENT, []),
        "slope_intercept": (slope_intercept.EXPERIMENT, []),
    },
    about="LSTMs",
    published=published,
    data=(PUBLISHED,),
    controls={"untrained networks": untrained, "networks trained on A = 0.6": on_another_sine},
    variants={
        "dense readout": dense,
        "a tenth of the steps": times(0.1),
        # Half the networks, since this column takes most of the time.
        "ten times the steps": times(10, 0.5),
        **other_cells.VARIANTS,
    },
    aspects={
        "LSTMs": ("gru", "rnn"),
        "LSTMs at equal loss": ("gru at equal loss", "rnn at equal loss"),
        "a readout within (-1, 1)": ("dense readout",),
    },
    during={"sine": DURING},
)
