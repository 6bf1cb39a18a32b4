"""Networks learn to read the amplitude off a sine.

Trains LSTMs on the curves A + A sin(10 x), A = 0.00, 0.01, ..., 0.49, to answer A at the last time point, and asks each
of them for the amplitudes of larger sines, up to 1.5.
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
    from lstm_toys.tasks.families import Parameters
    from lstm_toys.tasks.probes import Probe
    from lstm_toys.tasks.supervision import Task

TRAINED = np.arange(50) / 100
SWEPT = np.arange(151) / 100
POST = np.array((0.1, 0.2, 0.4, 0.6, 0.8, 1.0))
BATCH = 10


def sines(amplitudes: np.ndarray) -> "Parameters":
    """The parameters of A + A sin(10 x)."""
    return {"amplitude": amplitudes, "frequency": 10.0, "phase": 0.0, "offset": amplitudes}


def task(x: "Float[Array, ' T']") -> "Task":
    """Fifty sines, to be answered by their amplitudes."""
    from lstm_toys.tasks import supervision

    return supervision.read_off("sine", sines(TRAINED), ("amplitude",), x, BATCH)


def probes(x: "Float[Array, ' T']") -> "list[Probe]":
    """The post's six sines, and all amplitudes from 0 to 1.5."""
    from lstm_toys.tasks.probes import probe

    return [probe("post", "sine", sines(POST), x), probe("sweep", "sine", sines(SWEPT), x)]


def rebuild(x: np.ndarray, amplitudes: np.ndarray) -> np.ndarray:
    """The sine of a read-off amplitude."""
    return amplitudes * (1 + np.sin(10 * x))


def draw(results: "xr.Dataset", _: "dict[str, xr.Dataset]") -> "dict[str, Drawing]":
    """The post's figures, and the read-off amplitude over the true one."""
    from experiments.post import readings

    pairs = readings.published()["predicted_amplitude"]["pairs"]
    published = {pair["amplitude"]: pair["predicted"] for pair in pairs}
    labels = dict(zip("rbgcyk", [f"A = {a:g}" for a in POST], strict=True))
    columns = np.array(list(published.values()))[:, None]
    titles = "Sines of the read-off amplitude", "The same of the post's network"
    return {
        "sines_with_different_amplitudes.png": figures.training_set(results, "Training set: A + A sin(10 x)"),
        "predicted_amplitude.png": figures.read_off_curves(results, rebuild, columns, labels, titles),
        "amplitude_range.png": figures.read_off_axis(
            results, "amplitude", "Amplitudes inside and beyond the training range", TRAINED[-1], published
        ),
        "loss.png": figures.loss(results, "Training to read off the amplitude"),
    }


def compare(results: "xr.Dataset") -> list[dict[str, Any]]:
    """The six read-off amplitudes against the published ones."""
    from experiments.post import readings

    return readings.compare_vectors(results, "predicted_amplitude", {"amplitude": "predicted"})


EXPERIMENT = Experiment(
    name="amplitude",
    doc=__doc__,
    defaults={"steps": 1_500, "learning_rate": 0.1, "optimizer": "momentum"},
    goal=Goal(0.01, ("amplitude",)),
    task=task,
    probes=probes,
    draw=draw,
    compare=compare,
)

if __name__ == "__main__":
    command.main(EXPERIMENT)
