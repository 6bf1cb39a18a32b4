"""The playground: users change curves and watch populations answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

import lstm_toys as lt
from lstm_toys.runs.experiment import TRAINING
from lstm_toys.statistics import intervals
from lstm_toys.tasks.parameters import PARAMETERS

from .. import published as posted
from .. import sine
from . import networks
from .build import Made
from .runs import FinishedRun

ALL, FEW = 64, 16
"""Networks of the published population at the end and at the step of the post's picture, and of all others."""


class Choice(NamedTuple):
    """A population that can be chosen: its name in the page's address, that of its run, and what users should know."""

    id: str
    run: str
    label: str
    note: str


POPULATIONS = (
    Choice("published", "published", "LSTM as published", "hard gates; one more LSTM unit answers"),
    Choice("untrained", "published", "LSTM before training", "as they begin, with random weights"),
    Choice("sigmoid", "other_gates", "LSTM, sigmoid gates", "otherwise as published"),
    Choice("dense", "dense", "LSTM, dense readout", "a weighted sum answers, which may leave (−1, 1)"),
    Choice("gru", "gru", "GRU", "hard gates; one more GRU unit answers"),
    Choice("rnn", "rnn", "plain recurrent (tanh)", "no gates; one more such unit answers"),
    Choice("larger", "larger", "LSTM trained on A = 0.6", "its peaks are at 1.2, which no LSTM unit can answer"),
)

RANGES = {
    "line": {"slope": (-2.0, 2.0, 0.4), "intercept": (-1.0, 2.0, 0.2)},
    "hill": {"height": (-1.0, 1.0, 0.3), "base": (-0.5, 1.0, 0.3)},
    "sine": {
        "amplitude": (0.0, 1.0, 0.6),
        "frequency": (1.0, 64.0, sine.FREQUENCY),
        "phase": (-3.14, 3.14, 0.0),
        "offset": (-1.0, 1.5, 0.6),
    },
}
"""By family, the ends of the sliders of its parameters, and their initial position, which nobody trained on."""

SETS = {
    TRAINING: "the sine that they learned",
    "line": "lines with intercept",
    "line_origin": "lines through the origin",
    "amplitude": "sines of other amplitudes",
    "phase": "sines of other phases",
    "frequency": "sines of other frequencies",
}


def make(runs: Mapping[str, FinishedRun]) -> Made | None:
    """Makes the playground from the available populations; None without the published one."""
    if "published" not in runs:
        return None
    loaded = {name: lt.load(runs[name].run.folder) for name in {each.run for each in POPULATIONS} & runs.keys()}
    return made(loaded, {name: runs[name].metrics for name in loaded})


def made(loaded: Mapping[str, lt.Saved], metrics: Mapping[str, Mapping[str, Any]]) -> Made:
    """Makes the playground from loaded populations and the summaries of their runs."""
    results = loaded["published"].results
    populations: list[dict[str, Any]] = []
    blocks: dict[str, str] = {}
    for each in POPULATIONS:
        if each.run in loaded:
            population, weighed = described(each, loaded[each.run], metrics[each.run])
            populations.append(population)
            blocks |= weighed
    sliders = {
        family: [
            {"name": each.name, "label": each.label} | dict(zip(("low", "high", "value"), ends[each.name], strict=True))
            for each in PARAMETERS[family]
        ]
        for family, ends in RANGES.items()
    }
    content = {"families": sliders, "sets": [*sets(results)], "populations": populations}
    given = {**content, "still": still(results)}
    return Made(given, {"times": results.time.values.tolist(), **content}, blocks)


def still(results: lt.Results) -> dict[str, Any]:
    """The larger sine of the story as a picture for browsers without JavaScript: points of lines, in its own units."""
    width, height, top = 640, 320, 1.3
    larger = 2 * sine.TRAIN_AMPLITUDE
    (row,) = np.flatnonzero((results.family.values == "amplitude") & np.isclose(results.amplitude.values, larger))
    sound = results.isel(curve=row, seed=np.flatnonzero(~results.diverged.values), feature=0)
    low, high = intervals.band(sound.answer.values)
    x = width * results.time.values / results.time.values[-1]

    def points(values: Any, x: Any = x) -> str:
        ys = height * (top - np.asarray(values)) / (top + 0.3)
        return " ".join(f"{one:.1f},{other:.1f}" for one, other in zip(x, ys, strict=True))

    return {
        "width": width,
        "height": height,
        "networks": sound.sizes["seed"],
        "larger": larger,
        "shown": points(sound.input.values),
        "median": points(np.median(sound.answer.values, axis=0)),
        "band": f"{points(low)} {points(high[::-1], x[::-1])}",
        "bound": points([1.0, 1.0], np.array([0, width])),
    }


def described(population: Choice, saved: lt.Saved, metrics: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Describes a population for the page, without diverged seeds, and returns the blocks of its weights by name."""
    sound = np.flatnonzero(~saved.results.diverged.values)[: ALL if population.id == "published" else FEW]
    moment = pictured(saved) if population.id == "published" else None
    states: dict[int, Any] = {metrics["steps"]: saved.params}
    if population.id == "untrained":
        states = {0: saved.kept[0]}
    elif population.id == "published":
        states = {**saved.kept, **states}
    last = metrics["steps"]
    learned = f"{metrics['converged']} of {metrics['seeds']} had learned their curve after {last:,} steps"
    entry: dict[str, Any] = {
        "id": population.id,
        "label": population.label,
        "note": population.note,
        "layers": networks.layers(saved.model, len(saved.input_features)),
        "seeds": sound.tolist(),
        "states": [],
        "trained": saved.results.train_target.sel(feature="y").values.ravel().tolist(),
        "learned": "not trained" if population.id == "untrained" else learned,
    }
    blocks = {}
    for step, params in states.items():
        count = min(len(sound), FEW if step in saved.kept and step != moment else ALL)
        precision: networks.Precision = "half" if step in saved.kept else "single"
        block = f"{population.run}-{step}"
        entry["states"].append({"step": step, "block": block, "networks": count, "precision": precision})
        blocks[block] = networks.packed(saved.model, params, sound[:count], precision)
    return entry, blocks


def pictured(saved: lt.Saved) -> int:
    """The kept step at which the networks are as far from the sine as the answer in the post's picture of it."""
    steps = [*saved.kept]
    losses = saved.results.train_loss.sel(step=steps).median("seed").values
    return steps[int(np.argmin(np.abs(np.log(losses) - np.log(sine.POST_MSE))))]


def sets(results: lt.Results) -> Iterator[dict[str, Any]]:
    """Yields the curve sets of the post, with the published answers that are known as numbers."""
    published = {index: curve["output"] for _, curve, index in posted.answers.curves_in(results)}
    learned = {**sine.TRAINING_SINE, "amplitude": sine.TRAIN_AMPLITUDE, "offset": sine.TRAIN_AMPLITUDE}
    (answer,) = (curve["output"] for curve in posted.answers.numbers()["sine"]["curves"])
    trained = {"family": "sine", "parameters": learned, "label": SETS[TRAINING], "published": answer}
    yield {"id": TRAINING, "label": SETS[TRAINING], "curves": [trained]}
    for name, label in list(SETS.items())[1:]:
        rows = np.flatnonzero(results.family.values == name)
        every = [shown(results.isel(curve=row)) for row in rows]
        differing = [key for key in every[0][1] if len({parameters[key] for _, parameters in every}) > 1]
        curves = [
            {
                "family": family,
                "parameters": parameters,
                "label": ", ".join(f"{key} {parameters[key]:g}" for key in differing if key != "offset"),
                "published": published.get(row),
            }
            for row, (family, parameters) in zip(rows.tolist(), every, strict=True)
        ]
        yield {"id": name, "label": label, "curves": curves}


def shown(curve: lt.Results) -> tuple[str, dict[str, float]]:
    """The family of a curve of labeled results, and its parameters."""
    for family, declared in PARAMETERS.items():
        parameters = {each.name: float(curve[each.name]) for each in declared if each.name in curve.coords}
        if len(parameters) == len(declared) and np.isfinite([*parameters.values()]).all():
            return family, parameters
    raise ValueError(f"{curve.family.item()} is of no family of the library")
