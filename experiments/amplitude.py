"""Networks learn to read the amplitude off a sine.

Trains LSTMs on the curves A + A sin(10 x), A = 0.00, 0.01, ..., 0.49, to answer A at the last time point, and tests
them on larger sines, with amplitudes up to 1.5.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import lstm_toys as lt

from . import published, sine

TRAINED = np.arange(50) / 100
SWEPT = np.arange(151) / 100
POST = np.array((0.1, 0.2, 0.4, 0.6, 0.8, 1.0))
BATCH = 10
GOAL = lt.Goal(rmse=0.01, features=("amplitude",))


def task(x: lt.TimePoints) -> lt.Task:
    """Fifty sines, with their amplitudes as targets."""
    return lt.read_off("sine", sine.sines(TRAINED), ("amplitude",), x, BATCH)


def probes(x: lt.TimePoints) -> list[lt.Probe]:
    """The post's six sines, and amplitudes from 0 to 1.5."""
    return [lt.probe("post", "sine", sine.sines(POST), x), lt.probe("sweep", "sine", sine.sines(SWEPT), x)]


def planes(settings: lt.Settings) -> list[lt.grids.Plane]:
    """The planes of `experiments.sine`, except lines, which have no amplitude; spacing varies with the amplitude."""
    *sines, _, longer, _ = sine.planes(settings)
    return [*sines, longer, lt.grids.Plane("sine", (lt.grids.SPACING, longer.axes[1]))]


def rebuild(x: np.ndarray, amplitudes: np.ndarray) -> np.ndarray:
    """Returns the sine with a read-off amplitude."""
    return amplitudes * (1 + np.sin(10 * x))


def draw(results: lt.Results, _: dict[str, lt.Results]) -> dict[str, lt.figures.Drawing]:
    """Draws the post's figures, and the read-off amplitude against the true one."""
    pairs = published.answers.numbers()["predicted_amplitude"]["pairs"]
    authors = {pair["amplitude"]: pair["predicted"] for pair in pairs}
    labels = dict(zip(sine.ORDER, [f"A = {a:g}" for a in POST], strict=True))
    columns = np.array(list(authors.values()))[:, None]
    ended = f"training ended at A = {TRAINED[-1]:g}"
    along, six = (f"{describe(results, probe)}; {ended}" for probe in ("sweep", "post"))
    return {
        "amplitude_range.png": lt.figures.read_off_axis(results, "amplitude", along, (0.0, TRAINED[-1]), authors),
        "sines_with_different_amplitudes.png": lt.figures.training_set(results, "Training set: A + A sin(10 x)"),
        "predicted_amplitude.png": lt.figures.read_off_curves(results, "post", rebuild, labels, six, columns),
        "loss.png": lt.figures.loss(results, "Training to read off the amplitude", goal=GOAL),
    }


def describe(results: lt.Results, probe: str) -> str:
    """Describes as what the largest amplitude of a probe is read off, in the median."""
    answered = lt.probed(results, probe)
    last = answered.isel(seed=~answered.diverged.values, curve=np.argmax(answered.parameter_amplitude.values))
    read = f"{float(last.answer.median()):.2f}" if last.sizes["seed"] else "nothing"
    return f"A = {float(last.parameter_amplitude):g} is read off as {read} (median)"


def compare(results: lt.Results) -> list[dict[str, Any]]:
    """Compares the six read-off amplitudes with the published ones."""
    return published.answers.compare_vectors(results, "predicted_amplitude", {"amplitude": "predicted"})


EXPERIMENT = lt.Experiment(
    name="amplitude",
    doc=__doc__,
    defaults={"steps": 1_500, "learning_rate": 0.1, "optimizer": "momentum"},
    goal=GOAL,
    task=task,
    probes=probes,
    draw=draw,
    compare=compare,
    trained=lt.grids.Trained("sine", sine.sines(TRAINED)),
    planes=planes,
)

if __name__ == "__main__":
    lt.main(EXPERIMENT)
