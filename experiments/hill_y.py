"""Networks learn the hill from its y alone, with two LSTM layers and with one.

Trains LSTMs to return the values y = 0.3 + 0.3 sin(pi x) without seeing x, and tests them on lines and hills that they
never saw. The networks have two layers; networks with one layer, and the networks of the experiment `hill`, which also
see x, are trained for comparison: which learn sooner?
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import lstm_toys as lt

from . import held_out, hill


def task(x: lt.TimePoints) -> lt.Task:
    """The values of one hill, to be returned as they are."""
    return lt.reproduce("hill", hill.TRAINING_HILL, x)


def draw(results: lt.Results, companions: dict[str, lt.Results]) -> dict[str, lt.figures.Drawing]:
    """Draws the post's figure, the answers to all curves, and the errors with and without x."""
    populations = {f"{hill.layers(results.hidden.item(), results.readout.item())}, y alone": results, **companions}
    return {
        **lt.figures.usual(results, hill.GOAL),
        "hill.png": lt.figures.training_answer(results, "Answers to the training hill 0.3 + 0.3 sin(π x), y alone"),
        "with_and_without_x.png": lt.figures.error_histories(populations, hill.HALF, hill.GOAL),
    }


def companions(settings: lt.Settings) -> dict[str, tuple[lt.Experiment, lt.Settings]]:
    """The same number of networks with one layer, and of networks that also see x."""
    one = replace(settings, hidden=(), readout="cell")
    layers = {} if one == settings else {"1 layer, y alone": (EXPERIMENT, one)}
    both = f"{hill.layers(settings.labels['hidden'], settings.readout)}, x and y"
    return {**layers, both: (hill.EXPERIMENT, replace(settings, experiment=hill.EXPERIMENT.name))}


EXPERIMENT = lt.Experiment(
    name="hill_y",
    doc=__doc__,
    defaults=hill.EXPERIMENT.defaults,
    goal=hill.GOAL,
    task=task,
    probes=partial(held_out.probes, features=("y",)),
    draw=draw,
    companions=companions,
    trained=hill.EXPERIMENT.trained,
)

if __name__ == "__main__":
    lt.main(EXPERIMENT)
