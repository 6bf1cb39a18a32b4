"""The first part of the page: a story, and a playground in which users change curves and watch populations answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import numpy as np

import lstm_toys as lt
from lstm_toys.runs.experiment import TRAINING
from lstm_toys.statistics import intervals
from lstm_toys.tasks.parameters import PARAMETER, PARAMETERS

from .. import published as posted
from .. import sine
from . import networks, story
from .build import Made
from .runs import RATES, FinishedRun

ALL, FEW = 64, 16
"""Networks of the published population at the end and at the step of the post's picture, and of all others."""


class Choice(NamedTuple):
    """A population that can be chosen: its name in the page's address, that of its run, and what users should know."""

    id: str
    run: str
    label: str
    note: str


SAME = "otherwise as the first ones"
POPULATIONS = (
    Choice("published", "published", "LSTM", "hard gates; one more LSTM unit answers"),
    Choice("untrained", "published", "LSTM before training", "as they begin, with random weights"),
    Choice("sigmoid", "other_gates", "LSTM, sigmoid gates", SAME),
    Choice("dense", "dense", "LSTM, dense readout", "a weighted sum answers, which may leave (−1, 1)"),
    Choice("gru", "gru", "GRU", "hard gates; one more GRU unit answers"),
    Choice("rnn", "rnn", "plain recurrent (tanh)", "no gates; one more such unit answers"),
    Choice("larger", "larger", "LSTM trained on A = 0.6", "its peaks are at 1.2, which no LSTM unit can answer"),
    *(Choice(f"rate-{each}", f"rate-{each}", f"LSTM, learning rate {each}", SAME) for each in RATES),
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
    "pluck": {"level": (-0.5, 1.0, sine.TRAIN_AMPLITUDE), "pull": (-0.6, 0.6, 0.3)},
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


LABELS = {
    **{each.name: each.label for declared in PARAMETERS.values() for each in declared},
    "level": "level after it is let go",
    "pull": "how far above it is held before",
}


def make(runs: Mapping[str, FinishedRun]) -> Made | None:
    """Makes story and playground from the available populations; None without the published one."""
    if "published" not in runs:
        return None
    loaded = {name: lt.load(runs[name].run.folder) for name in {each.run for each in POPULATIONS} & runs.keys()}
    found = runs["dynamics"].metrics["summary"] if "dynamics" in runs else None
    return made(loaded, {name: runs[name].metrics for name in loaded}, found)


def made(
    loaded: Mapping[str, lt.Networks], metrics: Mapping[str, Mapping[str, Any]], found: story.Summary | None
) -> Made:
    """Makes story and playground from loaded populations, the summaries of their runs, and of their dynamics."""
    results = loaded["published"].results
    populations: list[dict[str, Any]] = []
    blocks: dict[str, str] = {}
    for each in POPULATIONS:
        if each.run in loaded:
            population, weights = described(each, loaded[each.run], metrics[each.run])
            populations.append(population)
            blocks |= weights
    sliders = {
        family: [
            {"name": name, "label": LABELS[name], "low": low, "high": high, "value": value}
            for name, (low, high, value) in ends.items()
        ]
        for family, ends in RANGES.items()
    }
    known = [*sets(results)]
    steps = story.steps(loaded["published"], metrics["published"], dict(rates(loaded, known)), found)
    content = {"families": sliders, "sets": known, "populations": populations}
    asks = [each["asks"] for each in steps]
    data = {"times": results.time.values.tolist(), **content, "training": networks.training(), "story": asks}
    return Made({**content, "steps": steps, "still": still(results), "gates": networks.GATES}, data, blocks)


def rates(
    loaded: Mapping[str, lt.Networks], known: list[dict[str, Any]]
) -> Iterator[tuple[str, tuple[str, lt.Results]]]:
    """Yields learning rates, from the lowest one on, with the address of sines of other phases, and results."""
    named = {f"{sine.EXPERIMENT.defaults['learning_rate']:g}": "published", **{each: f"rate-{each}" for each in RATES}}
    curves = next(each["curves"] for each in known if each["id"] == story.VALLEY.sources[0].curves)
    shown = curves[len(curves) // 2]
    for rate, name in sorted(named.items(), key=lambda item: float(item[0])):
        if name in loaded:
            curve = {"curve": shown["family"], **shown["parameters"], "set": story.VALLEY.sources[0].curves}
            yield rate, (urlencode({**curve, "networks": name}), loaded[name].results)


def still(results: lt.Results) -> dict[str, Any]:
    """The larger sine of the story as a picture, until there is another: points of lines, in its own units."""
    width, height = 640, 320
    larger = np.isclose(results.parameter_amplitude.values, story.LARGER)
    (row,) = np.flatnonzero((results.family.values == "amplitude") & larger)
    sound = results.isel(curve=row, seed=np.flatnonzero(~results.diverged.values), feature=0)
    low, high = intervals.band(sound.answer.values)
    bottom = np.floor(4 * min(0.0, sound.answer.values.min()) - 0.05) / 4  # The range of the picture that follows.
    top = np.ceil(4 * max(sound.input.values.max(), sound.answer.values.max()) + 0.05) / 4
    x = width * results.time.values / results.time.values[-1]

    def points(values: Any, x: Any = x) -> str:
        ys = height * (top - np.asarray(values)) / (top - bottom)
        return " ".join(f"{one:.1f},{other:.1f}" for one, other in zip(x, ys, strict=True))

    return {
        "width": width,
        "height": height,
        "networks": sound.sizes["seed"],
        "trained": points(results.train_target.values.reshape(-1)),
        "shown": points(sound.input.values),
        "median": points(np.median(sound.answer.values, axis=0)),
        "band": f"{points(low)} {points(high[::-1], x[::-1])}",
        "bound": points([1.0, 1.0], np.array([0, width])),
    }


def described(
    population: Choice, trained: lt.Networks, metrics: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Describes a population for the page, without diverged seeds, and returns the blocks of its weights by name."""
    first, untrained = population.id == "published", population.id == "untrained"
    sound = np.flatnonzero(~trained.diverged)[: ALL if first else FEW]
    moment = story.pictured(trained) if first else None
    last = metrics["steps"]
    earlier = trained.steps[:-1]
    states, blocks = [], {}
    for step in (0,) if untrained else (last, *(earlier if first else ())):
        params, rows = trained.at(step).params, sound[: FEW if step in earlier and step != moment else ALL]
        precision = "half" if step in earlier or population.id.startswith("rate") else "single"
        block = f"{population.run}-{step}"
        if first and step == last:  # What the first screen needs: it comes first, and in two parts.
            precision = "split"
            blocks[block], blocks[f"{block}-rest"] = networks.split(trained.model, params, rows)
        else:
            blocks[block] = networks.packed(trained.model, params, rows, networks.PRECISIONS[precision])
        states.append({"step": step, "block": block, "networks": len(rows), "precision": precision})
    learned = f"{metrics['converged']} of {metrics['seeds']} had learned their curve after {last:,} steps"
    entry = {
        "id": population.id,
        "label": population.label,
        "note": population.note,
        "layers": networks.layers(trained.model, len(trained.input_features)),
        "seeds": sound.tolist(),
        "states": sorted(states, key=lambda state: state["step"]),
        "trained": trained.results.train_target.sel(feature="y").values.ravel().tolist(),
        "learned": "not trained" if untrained else learned,
    }
    return entry, blocks


def sets(results: lt.Results) -> Iterator[dict[str, Any]]:
    """Yields the curve sets of the post, with the published answers that are known as numbers."""
    published = {index: curve["output"] for _, curve, index in posted.answers.curves_in(results)}
    learned = {**sine.TRAINING_SINE, "amplitude": sine.TRAIN_AMPLITUDE, "offset": sine.TRAIN_AMPLITUDE}
    (answer,) = (curve["output"] for curve in posted.answers.numbers()["sine"]["curves"])
    trained = {"family": "sine", "parameters": learned, "label": SETS[TRAINING], "published": answer}
    yield {"id": TRAINING, "label": SETS[TRAINING], "curves": [trained]}
    for name, label in list(SETS.items())[1:]:
        every = {row: shown(results.isel(curve=row)) for row in np.flatnonzero(results.family.values == name).tolist()}
        first = next(iter(every.values()))[1]
        differing = [key for key in first if len({parameters[key] for _, parameters in every.values()}) > 1]
        curves = [
            {
                "family": family,
                "parameters": parameters,
                "label": ", ".join(f"{key} {parameters[key]:g}" for key in differing if key != "offset"),
                "published": published.get(row),
            }
            for row, (family, parameters) in every.items()
        ]
        yield {"id": name, "label": label, "curves": curves}


def shown(curve: lt.Results) -> tuple[str, dict[str, float]]:
    """The family of a curve of labeled results, and its parameters."""
    for family, declared in PARAMETERS.items():
        names = [each.name for each in declared]
        parameters = {
            each: float(curve[f"{PARAMETER}{each}"]) for each in names if f"{PARAMETER}{each}" in curve.coords
        }
        if len(parameters) == len(declared) and np.isfinite([*parameters.values()]).all():
            return family, parameters
    raise ValueError(f"{curve.family.item()} is of no family of the library")
