"""The first part of the page: a story, and a playground in which users change curves and watch populations answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import numpy as np

import lstm_toys as lt

from .. import published as posted
from .. import sine
from . import networks, story
from .build import PartContent
from .runs import FURTHER, FinishedRun, judged

ALL, FEW = 64, 16
"""Networks of the published population, and of all others."""


class Option(NamedTuple):
    """A population: its name in the page's address, its run, its label, a note, and its number of networks."""

    id: str
    run: str
    label: str
    note: str
    networks: int = FEW


SAME = "otherwise as the first ones"
EXACT = ("published", "gru", "rnn")
"""Runs whose numbers the texts give: their weights have all 32 bits, those of others 16."""

POPULATIONS = (
    Option("published", "published", "LSTM", "hard gates; one more LSTM unit answers", ALL),
    Option("untrained", "published", "LSTM before training", "as they begin, with random weights"),
    Option("sigmoid", "other_gates", "LSTM, sigmoid gates", SAME),
    Option("dense", "dense", "LSTM, dense readout", "a weighted sum answers, which may leave (−1, 1)"),
    Option("gru", "gru", "GRU", "hard gates; one more GRU unit answers"),
    Option("rnn", "rnn", "vanilla RNN", "tanh units without gates; one more such unit answers"),
    Option("larger", "larger", "LSTM trained on A = 0.6", "its peaks are at 1.2, which no LSTM unit can answer"),
    *(Option(name, name, f"LSTM, {words}", SAME) for name, (words, *_) in FURTHER.items()),
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

SETS = {"line": "line", "line_origin": "line", "amplitude": "sine", "phase": "sine", "frequency": "sine"}
"""The sets of curves that the post shows the networks, with their family."""

PLUCKED = {"level": "level after it is let go", "pull": "how far above it is held before"}
"""The labels of the parameters of curves that are plucked, which are not a family of the library."""


def make(runs: Mapping[str, FinishedRun]) -> PartContent | None:
    """Makes story and playground from the available populations; None without the published one."""
    if "published" not in runs:
        return None
    loaded = {name: lt.load(runs[name].run.folder) for name in {option.run for option in POPULATIONS} & runs.keys()}
    during: Any = next((claim.during for claim in judged(runs) if claim.id == story.VALLEY.id), {})
    return lay_out(loaded, {name: runs[name].metrics for name in loaded}, during)


def lay_out(
    loaded: Mapping[str, lt.Networks], metrics: Mapping[str, Mapping[str, Any]], during: Mapping[str, Any] = {}
) -> PartContent:
    """Makes story and playground from populations, the summaries of their runs, and ``during`` of `story.steps`."""
    results = loaded["published"].results
    populations: list[dict[str, Any]] = []
    blocks: dict[str, str] = {}
    for option in POPULATIONS:
        if option.run in loaded:
            population, weights = describe(option, loaded[option.run], metrics[option.run])
            populations.append(population)
            blocks |= {name: text for name, text in weights.items() if name not in blocks}
    labels = {param.name: param.label for family in lt.FAMILIES.values() for param in family.parameters} | PLUCKED
    sliders = {
        family: [
            {"name": name, "label": labels[name], "low": low, "high": high, "value": value}
            for name, (low, high, value) in ends.items()
        ]
        for family, ends in RANGES.items()
    }
    curve_sets = [*sets(results)]
    steps = story.steps(loaded["published"], metrics["published"], dict(further(loaded, curve_sets)), during)
    content = {"families": sliders, "populations": populations}
    data = {
        **content,
        "times": results.training.time.values.tolist(),
        "sets": curve_sets,
        "training": networks.training(),
        "story": [step["asks"] for step in steps],
        "fails": story.FAILS,
    }
    return PartContent(
        {**content, "steps": steps, "here": story.HERE, "training_steps": data["training"]["steps"]}, data, blocks
    )


def further(
    loaded: Mapping[str, lt.Networks], curve_sets: list[dict[str, Any]]
) -> Iterator[tuple[str, tuple[str, lt.Results]]]:
    """Yields trainings, the published one first, with the address of sines of other phases, and results."""
    curves = next(group["curves"] for group in curve_sets if group["id"] == story.VALLEY.sources[0].curves)
    shown = curves[len(curves) // 2]
    for name in ("published", *filter(loaded.__contains__, FURTHER)):
        curve = {"curve": shown["family"], **shown["parameters"], "set": story.VALLEY.sources[0].curves}
        results = loaded[name].results.isel(seed=np.flatnonzero(~loaded[name].diverged))
        yield name, (urlencode({**curve, "networks": name}), results)


def describe(option: Option, trained: lt.Networks, metrics: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Describes a population for the page, without diverged seeds, and returns the blocks of its weights by name."""
    sound = np.flatnonzero(~trained.diverged)[: option.networks]
    last, untrained = metrics["steps"], option.id == "untrained"
    states: list[dict[str, Any]] = []
    blocks: dict[str, str] = {}
    for step in (0,) if untrained else (last, *(trained.steps[:-1] if option.id == "published" else ())):
        exact, block = step == last and option.run in EXACT, f"{option.run}-{step}"
        rows = sound if step == last else sound[:FEW]
        texts = networks.packed(trained.model, trained.at(step).params, rows, exact=exact)
        blocks |= dict(zip((block, f"{block}-rest"), texts, strict=False))
        most = step == last and not untrained and 2 * metrics["converged"] > metrics["seeds"]
        states.append({"step": step, "block": block, "networks": len(rows), "exact": exact, "learned": most})
    learned = f"{metrics['converged']} of {metrics['seeds']} had learned their curve after {last:,} steps"
    entry = {
        "id": option.id,
        "label": option.label,
        "note": option.note,
        "layers": networks.layers(trained.model, len(trained.input_features)),
        "seeds": sound.tolist(),
        "all": int(np.count_nonzero(~trained.diverged)),
        "states": sorted(states, key=lambda state: state["step"]),
        "trained": trained.results.training.truth.sel(feature="y").values.ravel().tolist(),
        "learned": "not trained" if untrained else learned,
    }
    return entry, blocks


def sets(results: lt.Results) -> Iterator[dict[str, Any]]:
    """Yields the curve sets of the post, with the published answers that are known as numbers."""
    published = {(probe, index): curve["output"] for probe, curve, index in posted.answers.curves_in(results)}
    learned = sine.sines(sine.TRAIN_AMPLITUDE)
    (answer,) = (curve["output"] for curve in posted.answers.numbers()["sine"]["curves"])
    yield {"id": "training", "curves": [{"family": "sine", "parameters": learned, "published": answer}]}
    for name, family in SETS.items():
        curves = results[name].to_dataset()
        columns = {
            param.name: curves[f"parameter_{param.name}"].values.tolist() for param in lt.FAMILIES[family].parameters
        }
        rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        yield {
            "id": name,
            "curves": [
                {"family": family, "parameters": parameters, "published": published.get((name, row))}
                for row, parameters in enumerate(rows)
            ],
        }
