"""Networks with one LSTM layer learn a line, point by point.

Trains LSTMs with two units, which are the answer, to return the points (x, y) of the line y = 0.3 + 0.176 x, and tests
them on lines and hills that they never saw.
"""

from __future__ import annotations

import lstm_toys as lt

from . import held_out

TRAINING_LINE = {"slope": 0.176, "intercept": 0.3}
GOAL = lt.Goal(rmse=0.02, features=("y",))


def task(x: lt.TimePoints) -> lt.Task:
    """The points of one line, to be returned as they are."""
    return lt.reproduce("line", TRAINING_LINE, x, ("x", "y"))


def draw(results: lt.Results, _: dict[str, lt.Results]) -> dict[str, lt.figures.Drawing]:
    """Draws the post's figure of the answers x and y, the answers to all curves, and the loss."""
    title = "Answers (x, y) to the training line 0.3 + 0.176 x"
    return {**lt.figures.usual(results, GOAL), "line.png": lt.figures.training_answer(results, title)}


EXPERIMENT = lt.Experiment(
    name="line",
    doc=__doc__,
    defaults={"steps": 4_000, "learning_rate": 1.0, "hidden": "none"},
    goal=GOAL,
    task=task,
    probes=held_out.probes,
    draw=draw,
    trained=lt.grids.Trained("line", TRAINING_LINE),
)

if __name__ == "__main__":
    lt.main(EXPERIMENT)
