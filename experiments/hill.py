"""Networks learn a hill, point by point, with two LSTM layers and with one.

Trains LSTMs to return the points (x, y) of the hill y = 0.3 + 0.3 sin(pi x), and tests them on lines and hills that
they never saw. The networks have two layers; the same number of networks with one layer is trained for comparison.
"""

from __future__ import annotations

from dataclasses import replace

import lstm_toys as lt

from . import held_out

TRAINING_HILL = {"height": 0.3, "base": 0.3}
GOAL = lt.Goal(rmse=0.02, features=("y",))
HALF = "Steps until half of the networks learned the hill"


def task(x: lt.TimePoints) -> lt.Task:
    """The points of one hill, to be returned as they are."""
    return lt.reproduce("hill", TRAINING_HILL, x, ("x", "y"))


def draw(results: lt.Results, companions: dict[str, lt.Results]) -> dict[str, lt.figures.Drawing]:
    """Draws the post's animation of the answers x and y, its last frame, answers to all curves, and errors."""
    populations = {layers(results.hidden.item(), results.readout.item()): results, **companions}
    return {
        **lt.figures.usual(results, GOAL),
        "lstm_hill.gif": lt.figures.film(populations),
        "hill_plane.png": lt.figures.training_answer(results, "Answers (x, y) to the training hill 0.3 + 0.3 sin(π x)"),
        "layers.png": lt.figures.error_histories(populations, HALF, GOAL),
    }


def layers(hidden: str, readout: str) -> str:
    """The number of LSTM layers in words, from the values of the flags ``hidden`` and ``readout``."""
    count = len([*filter("none".__ne__, hidden.split(","))]) + (readout == "cell")
    return f"{count} layer{'s' * (count != 1)}"


def companions(settings: lt.Settings) -> dict[str, tuple[lt.Experiment, lt.Settings]]:
    """The same number of networks with one layer."""
    one = replace(settings, hidden=(), readout="cell")
    return {} if one == settings else {"1 layer": (EXPERIMENT, one)}


EXPERIMENT = lt.Experiment(
    name="hill",
    doc=__doc__,
    defaults={"steps": 10_000, "learning_rate": 1.0},
    goal=GOAL,
    task=task,
    probes=held_out.probes,
    draw=draw,
    companions=companions,
    frames=36,
    trained=lt.grids.Trained("hill", TRAINING_HILL),
)

if __name__ == "__main__":
    lt.main(EXPERIMENT)
