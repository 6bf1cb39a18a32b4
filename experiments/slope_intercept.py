"""Networks learn to read slope and intercept off a line.

Trains LSTMs on lines m x + t, m and t drawn uniformly from [0, 1), to answer (m, t) at the last time point, and asks
each of them for the slope and intercept of other lines, m and t from -1 to 2.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.commands import command
from lstm_toys import figures
from lstm_toys.runs.experiment import Experiment
from lstm_toys.tasks.goal import Goal

if TYPE_CHECKING:
    import xarray as xr
    from jaxtyping import Array, Float

    from lstm_toys.figures import Drawing
    from lstm_toys.tasks.probes import Probe
    from lstm_toys.tasks.supervision import Task

ASKED = ("slope", "intercept")
TRAINED = {"slope": (0.0, 1.0), "intercept": (0.0, 1.0)}
COUNT = 1_000
BATCH = 5
POST_SLOPES = np.array((1.0, 0.8, 0.3, 0.1, 0.0, -0.4))
POST_INTERCEPT = 0.5
GRID = np.linspace(-1, 2, 31)


def task(x: "Float[Array, ' T']") -> "Task":
    """Lines that each seed draws for itself, to be answered by their slope and intercept."""
    from lstm_toys.tasks import supervision

    return supervision.read_off_drawn("line", COUNT, TRAINED, ASKED, x, BATCH)


def probes(x: "Float[Array, ' T']") -> "list[Probe]":
    """The post's six lines, and a grid over the plane."""
    from lstm_toys.tasks.probes import probe

    slopes, intercepts = (axis.ravel() for axis in np.meshgrid(GRID, GRID))
    return [
        probe("post", "line", {"slope": POST_SLOPES, "intercept": POST_INTERCEPT}, x),
        probe("plane", "line", {"slope": slopes, "intercept": intercepts}, x),
    ]


def rebuild(x: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """The line of a read-off slope and intercept."""
    return answers[..., :1] * x + answers[..., 1:]


def draw(results: "xr.Dataset", _: "dict[str, xr.Dataset]") -> "dict[str, Drawing]":
    """The post's figures, and the error over the plane."""
    from experiments.post import readings

    pairs = readings.published()["predicted_lines"]["pairs"]
    published = np.array([[pair["predicted_slope"], pair["predicted_intercept"]] for pair in pairs])
    labels = dict(zip("kycrbg", [f"{m:g} x + {POST_INTERCEPT:g}" for m in POST_SLOPES], strict=True))
    titles = "Lines of the read-off slope and intercept", "The same of the post's network"
    return {
        "lines.png": figures.training_set(results, f"A training set of {COUNT:,} lines; every seed draws its own"),
        "predicted_lines_1.png": figures.read_off_curves(results, rebuild, published, labels, titles),
        "plane.png": figures.read_off_plane(results, ("slope", "intercept"), "Error of the", (0.0, 0.0, 1.0, 1.0)),
        "loss.png": figures.loss(results, "Training to read off slope and intercept"),
    }


def compare(results: "xr.Dataset") -> list[dict[str, Any]]:
    """The six read-off lines against the published ones."""
    from experiments.post import readings

    names = {"slope": "predicted_slope", "intercept": "predicted_intercept"}
    return readings.compare_vectors(results, "predicted_lines", names)


EXPERIMENT = Experiment(
    name="slope_intercept",
    doc=__doc__,
    defaults={"steps": 5_000, "learning_rate": 0.01, "optimizer": "adam"},
    goal=Goal(0.05, ASKED),
    task=task,
    probes=probes,
    draw=draw,
    compare=compare,
)

if __name__ == "__main__":
    command.main(EXPERIMENT)
