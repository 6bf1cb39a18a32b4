"""The claims of the post, and the populations that they are tested on. Imports nothing heavy.

Networks with other cells keep the experiment's own settings if at least 15 of 16 seeds learn, and otherwise use the
nearest learning rate at which they do. The seeds have base seed 100, on which no claim is tested. No tested rate
suffices for the RNNs on the sine, of which 14 learn at the best one, or for the larger RNN on the amplitude.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import lstm_toys as lt

from .. import amplitude, hill, hill_y, line, published, sine, slope_intercept
from . import recipes, sentences

DENSE_RATE = 0.3
"""Learning rate of dense readouts: at 1, where readouts of LSTM units learn the hill, all of them diverge."""

DURING = (250, 500, 750, 1_000, 1_250, 1_500, 1_750, 2_000, 2_250, 2_500, 3_000, 4_000)
"""Numbers of steps of the sine's networks after which the claims about them are also tested."""

FEATURES = {
    **dict.fromkeys(("line", "hill", "hill_one_layer"), (2, 2)),
    **dict.fromkeys(("hill_y", "sine", "amplitude"), (1, 1)),
    "slope_intercept": (1, 2),
}
"""By population, the numbers of features of an input and of an answer."""

SIZES = {"lstm": (4, 1), "gru": (3, 2), "rnn": (1, 1)}
"""By cell, the columns of a kernel per unit, and the biases per column."""

RATES = {
    "gru": {"hill": 0.3, "hill_y": 0.3},
    "gru as large": {"hill": 0.3, "hill_y": 0.3},
    "rnn": {"hill": 0.3, "hill_y": 0.1, "sine": 0.002, "amplitude": 0.003},
    "rnn as large": {"hill": 0.1, "hill_y": 0.03, "sine": 0.002, "amplitude": 0.003},
}
"""By column and population, the learning rate if the experiment's own one does not suffice."""

UNLEARNED = (("rnn", "slope_intercept"), ("rnn as large", "slope_intercept"))
"""Not tested: none of 64 networks learns there at the experiment's own learning rate, and no other rate was tried."""

KEPT = tuple(sorted({round(10 * 1.2**power) for power in range(39)}))
"""Numbers of steps after which networks with other cells are kept, from 10 to 10,206, each a fifth above the last."""


def authors() -> dict[str, lt.Results]:
    """The post's own answers."""
    return published.answers.evidence()


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


def parameters(cell: str, widths: Sequence[int]) -> int:
    """Number of parameters of layers of a cell; ``widths`` include the features of an input and of an answer."""
    columns, biases = SIZES[cell]
    return sum(columns * units * (below + units + biases) for below, units in pairwise(widths))


def as_large(settings: lt.Settings, inputs: int, outputs: int) -> tuple[int]:
    """The units of one layer with which a cell has about as many parameters as an LSTM with the hidden layers."""

    def size(cell: str, hidden: Sequence[int]) -> int:
        if settings.readout == "dense":
            return parameters(cell, (inputs, *hidden)) + (hidden[-1] + 1) * outputs
        return parameters(cell, (inputs, *hidden, outputs))

    target, widths = size("lstm", settings.hidden), range(1, 10 * sum(settings.hidden))
    return (min(widths, key=lambda units: abs(size(settings.cell, (units,)) - target)),)


def variant(column: str) -> lt.claims.Change:
    """Makes a change to the cell of a column, see `COLUMNS`; networks are kept after `KEPT` steps."""
    cell, _, large = column.partition(" as ")

    def change(name: str, settings: lt.Settings) -> lt.Settings | None:
        if (column, name) in UNLEARNED or (large and not settings.hidden):  # The answer determines a readout's units.
            return None
        rate = RATES.get(column, {}).get(name, settings.learning_rate)
        keep_steps = tuple(steps for steps in KEPT if steps < settings.steps)
        other = replace(settings, cell=cell, learning_rate=rate, keep_steps=keep_steps)
        other = replace(other, gates="sigmoid") if cell == "rnn" else other
        return replace(other, hidden=as_large(other, *FEATURES[name])) if large else other

    return change


COLUMNS = {column: variant(column) for column in ("gru", "gru as large", "rnn", "rnn as large")}
"""Networks with other cells; ``as large``: as many parameters as the LSTM instead of as many units."""

OTHER_CELLS = {
    **{column: lt.claims.Variant(change, "learned") for column, change in COLUMNS.items()},
    **{f"{column} at equal loss": lt.claims.Variant(change, "equal loss") for column, change in COLUMNS.items()},
}
"""These networks after as many steps as the LSTMs, and each at the LSTMs' training loss, from one run."""

CLAIMS = lt.claims.Claims(
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
    published=authors,
    data=(Path(published.__file__).with_name("answers.json"), Path(sentences.__file__).with_suffix(".toml")),
    controls={"untrained networks": untrained, "networks trained on A = 0.6": on_another_sine},
    variants={"dense readout": dense, **OTHER_CELLS},
    aspects={
        "LSTMs": ("gru", "rnn"),
        "LSTMs at equal loss": ("gru at equal loss", "rnn at equal loss"),
        "a readout within (-1, 1)": ("dense readout",),
    },
    during={"sine": DURING},
    recipes=recipes.DISTRIBUTIONS,
)
