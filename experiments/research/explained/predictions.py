"""Predictions about the dynamics of networks, if each is a resonator tuned near the sine that it learned.

Written after a trial with 32 networks at 1,000 steps and 64 networks at 1,500 steps of training, on the frequency 10
(and, in the trial, 5, 20 and 40), with the readout ``cell`` and base seed 0; and before the dynamics of any network
with a prediction here were computed.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import NamedTuple

import lstm_toys as lt

from ... import sine


class Prediction(NamedTuple):
    """A prediction: the median over the networks of a variant lies from ``low`` to ``high``.

    ``measured`` is a variable in the results of a study of dynamics, or a model and a probe.
    """

    id: str
    variant: str
    measured: str | tuple[str, str]
    low: float
    high: float
    words: str


SINE, NETWORKS = "sine", "networks"
"""The networks whose claims are to be explained: the name of their dynamics, and of themselves."""

PREDICTIONS = (
    Prediction("7-mode", "frequency 7", "mode_frequency", 9.0, 14.0, "tuned above 7, as 5 came to 11 and 10 to 14"),
    Prediction("15-mode", "frequency 15", "mode_frequency", 14.0, 20.0, "tuned near 15"),
    Prediction("30-mode", "frequency 30", "mode_frequency", 24.0, 34.0, "tuned near 30"),
    Prediction("7-gain", "frequency 7", "peak_gain", 1.0, 2.0, "slow inputs are damped, the resonance is not"),
    Prediction("30-slow", "frequency 30", "static_gain", 0.0, 0.6, "faster sines damp slow inputs more"),
    Prediction("15-lpv", "frequency 15", ("LPV", "line_origin"), 0.9, 1.0, "lines from 0 are explained by LPV"),
    Prediction("seed-mode", "base seed 1", "mode_frequency", 13.0, 16.0, "as with base seed 0"),
    Prediction("seed-gain", "base seed 1", "peak_gain", 1.25, 1.55, "as with base seed 0"),
    Prediction("seed-lpv", "base seed 1", ("LPV", "line_origin"), 0.95, 1.0, "as with base seed 0"),
    Prediction("dense-mode", "dense readout", "mode_frequency", 10.0, 20.0, "the hidden layer resonates by itself"),
    Prediction("dense-gain", "dense readout", "peak_gain", 1.0, 2.0, "the hidden layer resonates by itself"),
    Prediction("dense-static", "dense readout", ("static curve", "line"), 0.9, 1.0, "lines follow the static curve"),
)


class TrainedNetworks(NamedTuple):
    """Networks trained on a sine of a frequency, with flags of `experiments.sine`."""

    frequency: float = 10.0
    flags: tuple[str, ...] = ()


REPEATED = "base seed 1"
"""The variant that is the sine's recipe with new seeds: predictions about it are replications."""

KEPT_STEPS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 104, 128, 152, 200, 248, 304, 400, 504, 752, 1000, 1248)
"""Steps after which the dynamics of the networks of base seed 1 are followed."""

VARIANTS = {
    **{f"frequency {w:g}": TrainedNetworks(w) for w in (5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 40.0)},
    REPEATED: TrainedNetworks(flags=("--base_seed=1", f"--keep_steps={','.join(map(str, KEPT_STEPS))}")),
    "dense readout": TrainedNetworks(flags=("--readout=dense",)),
    "untrained": TrainedNetworks(flags=("--steps=0",)),
    "A = 0.6": TrainedNetworks(flags=("--train_amplitude=0.6",)),
    "GRUs": TrainedNetworks(flags=("--cell=gru",)),
    "plain networks": TrainedNetworks(flags=("--cell=rnn",)),
}
"""Networks by name. The trial had seen the frequencies 5, 10, 20 and 40; the last four are controls, which learned
nothing, something else, or in another way."""


@cache
def experiment(frequency: float) -> lt.Experiment:
    """The experiment `experiments.sine` on a sine with another frequency, without figures."""
    if frequency == sine.FREQUENCY:
        return sine.EXPERIMENT
    curve = {**sine.TRAINING_SINE, "frequency": frequency}
    return replace(
        sine.EXPERIMENT,
        name=f"sine_{frequency:g}",
        task=lambda x: lt.reproduce("sine", curve, x),
        trained=lt.grids.Trained("sine", curve),
        planes=None,
        draw=lambda *_: {},
        compare=lambda _: [],
    )
