"""Trains networks on one sine, and then shows them lines and other sines.

Trains LSTMs to return the curve A + A sin(10 x), A = 0.3, value by value, and tests them on curves that they never saw:
lines with and without an intercept, and sines with other amplitudes, phases and frequencies.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import lstm_toys as lt

from . import published

FREQUENCY = 10.0
TRAIN_AMPLITUDE = 0.3
AMPLITUDES = np.array((0.1, 0.2, 0.4, 0.6, 0.8, 1.0))
PHASES = np.array((0.1, 0.5, 0.6, 0.9, 1.2, 1.5))
FREQUENCIES = np.array((10.0, 20.0, 30.0, 40.0, 50.0, 60.0))
SLOPES = np.array((0.1, 0.2, 0.5, 0.8, 1.2))
ORIGIN_SLOPES = np.array((0.1, 0.2, 0.4, 0.6, 0.8, 1.2))
POST_MSE = 6.6e-4
"""MSE of the answer in the post's sine.png, which networks with this recipe reach after about 500 steps."""
GOAL = lt.Goal(rmse=0.02, features=("y",))
ORDER = "rbgcyk"
"""Colors of six curves, by letter, as in the post."""
LABELS = {
    "line": dict(zip("rbgyk", [f"{slope:g} x + {slope:g}" for slope in SLOPES], strict=True)),
    "line_origin": dict(zip(ORDER, [f"{slope:g} x" for slope in ORIGIN_SLOPES], strict=True)),
    "amplitude": dict(zip(ORDER, [f"A = {a:g}" for a in AMPLITUDES], strict=True)),
    "phase": dict(zip(ORDER, [f"A = {a:g}, φ = {p:g}" for a, p in zip(AMPLITUDES, PHASES, strict=True)], strict=True)),
}


def sines(amplitude: Any) -> dict[str, Any]:
    """The parameters of A + A sin(10 x) with these amplitudes, or with a training number, given by name."""
    return {"amplitude": amplitude, "frequency": FREQUENCY, "phase": 0.0, "offset": amplitude}


TRAINING_SINE = sines("amplitude")


def task(x: lt.TimePoints) -> lt.Task:
    """One sine A + A sin(10 x), to be returned as it is."""
    return lt.reproduce("sine", TRAINING_SINE, x)


def probes(x: lt.TimePoints) -> list[lt.Probe]:
    """The post's five sets of curves, with the post's parameters."""
    shown = sines(AMPLITUDES)
    return [
        lt.probe("line", "line", {"slope": SLOPES, "intercept": SLOPES}, x),
        lt.probe("line_origin", "line", {"slope": ORIGIN_SLOPES, "intercept": 0.0}, x),
        lt.probe("amplitude", "sine", shown, x),
        lt.probe("phase", "sine", {**shown, "phase": PHASES}, x),
        lt.probe("frequency", "sine", {**shown, "frequency": FREQUENCIES}, x),
    ]


def planes(settings: lt.Settings) -> list[lt.grids.Plane]:
    """Sines around the training curve, lines, and sequences longer by whole periods, so that all end alike."""
    period = round(2 * np.pi / FREQUENCY * (settings.timesteps - 1))
    amplitudes, frequencies = lt.grids.Axis("amplitude", 0.03, 1.92, 64), lt.grids.Axis("frequency", 1.0, 64.0, 64)
    lengths = lt.grids.Axis(lt.grids.LENGTH, settings.timesteps, settings.timesteps + 15 * period, 16)
    return [
        lt.grids.Plane("sine", (amplitudes, frequencies)),
        lt.grids.Plane("sine", (amplitudes, lt.grids.Axis("phase", -3.1, 3.2, 64))),
        lt.grids.Plane("sine", (lt.grids.Axis("offset", -0.9, 2.25, 64), amplitudes)),
        lt.grids.Plane("line", (lt.grids.Axis("slope", -2.0, 2.0, 81), lt.grids.Axis("intercept", -2.0, 2.0, 81))),
        lt.grids.Plane("sine", (lengths, amplitudes)),
        lt.grids.Plane("sine", (lt.grids.SPACING, frequencies)),
    ]


def draw(results: lt.Results, _: dict[str, lt.Results]) -> dict[str, lt.figures.Drawing]:
    """Draws the post's figures, with its file names, colors and answers, and the loss."""
    amplitudes = LABELS["amplitude"]
    pairs = zip(AMPLITUDES, FREQUENCIES, strict=True)
    frequencies = dict(zip(ORDER, [f"A = {a:g}, ω = {w:g}" for a, w in pairs], strict=True))
    trained = float(results.train_amplitude)
    same = f"{trained:g} + {trained:g} sin(10 x)"
    reference = {"the post's sine.png": POST_MSE} if trained == TRAIN_AMPLITUDE else {}
    shown = published.answers.with_published(results) if trained == TRAIN_AMPLITUDE else results

    def answers(probe: str, labels: dict[str, str], title: str, **options: Any) -> lt.figures.Drawing:
        heading = f"{title}\n{describe_ranges(results, probe)}".rstrip()
        return lt.figures.probe_answers(shown, {probe: labels}, heading, **options)

    lines = "Answers to lines with intercept", "Answers to lines through the origin"
    return {
        "sines_with_comp.png": answers("amplitude", amplitudes, "Answers to A + A sin(10 x)"),
        "sine_target.png": lt.figures.target(results, f"Training curve: {same}"),
        "sine.png": lt.figures.training_answer(results, f"Answers to the training curve {same}"),
        "not_identity.png": answers("line", LABELS["line"], lines[0], overlay=True),
        "not_identity_2.png": answers("line_origin", LABELS["line_origin"], lines[1], overlay=True),
        "sines.png": answers("amplitude", amplitudes, "Answers to A + A sin(10 x)", overlay=True, panels=False),
        "phase_displacement.png": answers("phase", LABELS["phase"], "Answers to A + A sin(10 x + φ)", overlay=True),
        "frequency.png": answers("frequency", frequencies, "Answers to A + A sin(ω x)"),
        "loss.png": lt.figures.loss(results, f"Training on {same}", reference, GOAL),
    }


def describe_ranges(results: lt.Results, probe: str) -> str:
    """Describes how many median answers have a smaller range of y than their curve, and the largest range."""
    answered = lt.probed(results, probe).sel(feature="y")
    answered = answered.isel(seed=~answered.diverged.values)
    if not answered.sizes["seed"]:
        return ""
    shown, answers = (np.ptp(y, axis=1) for y in (answered.input.values, np.median(answered.answer.values, axis=0)))
    largest, less = shown.argmax(), np.count_nonzero(answers < shown)
    ends = f"the largest range of y, {shown[largest]:.2f}, becomes {answers[largest]:.2f}"
    return f"{less} of {len(shown)} answers have a smaller range than the curve; {ends}"


def compare(results: lt.Results) -> list[dict[str, Any]]:
    """Compares the answers to the training curve, lines and amplitudes with the published ones."""
    trained = float(results.train_amplitude)
    return published.answers.compare_sequences(results) if trained == TRAIN_AMPLITUDE else []


EXPERIMENT = lt.Experiment(
    name="sine",
    doc=__doc__,
    defaults={"steps": 1_500, "learning_rate": 0.001, "optimizer": "rmsprop_keras", "gates": "hard"},
    goal=GOAL,
    task=task,
    probes=probes,
    draw=draw,
    compare=compare,
    numbers={"amplitude": TRAIN_AMPLITUDE},
    trained=lt.grids.Trained("sine", TRAINING_SINE),
    planes=planes,
)

if __name__ == "__main__":
    lt.main(EXPERIMENT)
