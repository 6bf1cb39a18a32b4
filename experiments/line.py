"""Networks of one LSTM layer learn a line, point by point.

Trains LSTMs of two units, which are the answer, to return the points (x, y) of the line y = 0.3 + 0.176 x, and asks
each of them for its answers to lines and hills that it never saw.
"""

from typing import TYPE_CHECKING

from experiments.commands import command
from experiments.post import unseen
from lstm_toys import figures
from lstm_toys.runs.experiment import Experiment
from lstm_toys.tasks.goal import Goal

if TYPE_CHECKING:
    import xarray as xr
    from jaxtyping import Array, Float

    from lstm_toys.figures import Drawing
    from lstm_toys.tasks.probes import Probe
    from lstm_toys.tasks.supervision import Task

TRAINING_LINE = {"slope": 0.176, "intercept": 0.3}


def task(x: "Float[Array, ' T']") -> "Task":
    """The points of one line, to be returned as they are."""
    from lstm_toys.tasks import supervision

    return supervision.reproduce("line", TRAINING_LINE, x, ("x", "y"))


def probes(x: "Float[Array, ' T']") -> "list[Probe]":
    """Lines and hills that were not trained on."""
    return unseen.probes(x, ("x", "y"))


def draw(results: "xr.Dataset", _: "dict[str, xr.Dataset]") -> "dict[str, Drawing]":
    """The post's figure, in the plane of the answered x and y; the unseen curves, and the loss."""

    return {
        "line.png": figures.training_answer(results, "Answers (x, y) to the training line 0.3 + 0.176 x"),
        "unseen.png": unseen.draw(results),
        "loss.png": figures.loss(results, "Training on the line 0.3 + 0.176 x"),
    }


EXPERIMENT = Experiment(
    name="line",
    doc=__doc__,
    defaults={"steps": 4_000, "learning_rate": 1.0, "hidden": "none"},
    goal=Goal(0.02, ("y",)),
    task=task,
    probes=probes,
    draw=draw,
)

if __name__ == "__main__":
    command.main(EXPERIMENT)
