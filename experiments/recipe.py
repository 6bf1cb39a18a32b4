"""Which recipe did the post use? Scores training settings by how well their seeds explain the published answers.

The post does not state the optimizer, learning rate, steps, gates or size of its network. This command trains the
sine's networks over a grid of these settings, and scores each setting on the published answers to lines and to other
amplitudes: the energy score, a proper scoring rule, of a published curve under the distribution of answers over seeds.
It reports the settings that no other beats, and the one that a fixed rule chooses among them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float
from rich.console import RenderableType

import lstm_toys as lt

from . import BaseSeed, post, sine
from .post.scores import distances, energy_score
from .published import answers as published

SHARED = {
    "gates": "sigmoid hard",
    "hidden": "16 32 64 32,32",
    "steps": "300 500 750 1000 1250 1500 2000 3000 4000",
}
GRIDS = (
    {"optimizer": "rmsprop rmsprop_keras", "learning_rate": "0.0003 0.001 0.003", **SHARED},
    {"optimizer": "adam", "learning_rate": "0.001 0.003", **SHARED},
    {"optimizer": "sgd", "learning_rate": "0.01 0.1 0.3", **SHARED},
)
"""Grids of settings: flags of `experiments.sine`, and their values, of which all combinations are trained."""

KERAS_RATES = {"sgd": 0.01, "rmsprop": 0.001, "rmsprop_keras": 0.001, "adam": 0.001}

VARIED = ("optimizer", "learning_rate", "gates", "hidden", "steps")
"""Flags that differ between settings."""

RESAMPLES, TAIL = 1_000, 0.025
"""Resamples of networks and curves, and the share of them beyond each end of a 95 % interval."""


def probes(x: lt.TimePoints) -> list[lt.Probe]:
    """The inputs of the post's network, including the training sine."""
    return [lt.probe("sine", "sine", sine.sines(sine.TRAIN_AMPLITUDE), x), *sine.probes(x)]


NETWORKS = replace(sine.EXPERIMENT, probes=probes)


class ComparedCurve(NamedTuple):
    """A published answer to a curve of a probe, and the answers of the networks of K settings to the same curve.

    Where a dot is hidden, ``output`` and ``error``, the standard error of reading it, are NaN.
    """

    probe: str
    output: Float[np.ndarray, " T"]
    error: Float[np.ndarray, " T"]
    answers: Float[np.ndarray, "K S T"]
    sound: Bool[np.ndarray, "K S"]


def join_sweeps(sweeps: Sequence[lt.Results]) -> lt.Results:
    """Joins the results of sweeps along their settings."""

    def joined(node: str) -> xr.Dataset:
        trees: list[Any] = [sweep[node] for sweep in sweeps]
        datasets = [tree.to_dataset(inherit=False) for tree in trees]
        return xr.concat(datasets, "setting", data_vars="minimal", coords="minimal")

    return lt.Results.from_dict({node: joined(node) for node in ("/", *published.PROBES.values())})


def compare(results: lt.Results, probes: Sequence[str]) -> list[ComparedCurve]:
    """Compares the networks of a sweep with the published answers to the curves of some probes."""
    curves, sound = [], ~results.diverged.values
    for probe, curve, index in published.curves_in(results):
        if probe in probes:
            output, error = (np.array(curve[name], float) for name in ("output", "error"))
            answers = results[probe].answer.isel(curve=index).sel(feature="y").values
            curves.append(ComparedCurve(probe, output, error, answers, sound))
    return curves


@dataclass(frozen=True)
class Scores:
    """Scores of K settings on C published curves; ``of_seeds`` with B resamples of seeds, the same for all settings."""

    of_curves: Float[np.ndarray, "K C"]
    of_seeds: Float[np.ndarray, "K B C"]

    @property
    def mean(self) -> Float[np.ndarray, " K"]:
        """Mean over curves."""
        return self.of_curves.mean(axis=1)

    @cached_property
    def resampled(self) -> Float[np.ndarray, "B K"]:
        """Means over resampled curves and seeds; all settings share the resampled curves."""
        _, repeats, curves = self.of_seeds.shape
        drawn = lt.statistics.resample(curves, repeats, np.random.default_rng(1))
        return np.take_along_axis(self.of_seeds, drawn[None], axis=2).mean(axis=2).T

    def interval(self) -> Float[np.ndarray, "2 K"]:
        """Percentile bootstrap interval of the means."""
        return lt.statistics.percentile_interval(self.resampled, TAIL, interpolate=False)

    def unbeaten(self) -> Bool[np.ndarray, " K"]:
        """Settings that no other beats: no interval of the difference to another lies entirely above zero.

        Not corrected for the number of comparisons, which keeps the set small: a corrected set would contain all
        settings that the curves cannot exclude.
        """
        beaten = [np.any(np.mean(mean[:, None] <= self.resampled, axis=0) < TAIL) for mean in self.resampled.T]
        return ~np.array(beaten) & np.isfinite(self.mean)


def scores(curves: Sequence[ComparedCurve]) -> Scores:
    """Scores settings on published curves."""
    sound, seeds = curves[0].sound, curves[0].sound.shape[1]
    drawn = lt.statistics.resample(seeds, RESAMPLES)
    resamples = np.stack([np.bincount(row, minlength=seeds) for row in drawn]).astype(float)
    settings = [[distances(curve.answers[k], curve.output, row) for curve in curves] for k, row in enumerate(sound)]
    of_curves, of_seeds = (
        np.array([[energy_score(curve, weights) for curve in setting] for setting in settings])
        for weights in (np.ones((1, seeds)), resamples)
    )
    return Scores(of_curves[..., 0], of_seeds.swapaxes(1, 2))


def choose(settings: Sequence[Mapping[str, Any]], scored: Scores) -> int:
    """Returns the number of the setting that explains the published answers best, as far as they can decide.

    Among unbeaten settings with Keras's default learning rate, this is the best of the kind with the fewest steps; a
    kind comprises all settings but the steps, which `experiments.timeline` chooses. Without such settings, it is the
    best of all.
    """
    mean = scored.mean
    usual = [
        number
        for number in np.flatnonzero(scored.unbeaten()).tolist()
        if settings[number]["learning_rate"] == KERAS_RATES[settings[number]["optimizer"]]
    ]
    if not usual:
        return int(np.argmin(mean))
    fewest = settings[min(usual, key=lambda number: (settings[number]["steps"], mean[number]))]
    kind = [number for number, setting in enumerate(settings) if {**setting, "steps": fewest["steps"]} == fewest]
    return min(kind, key=lambda number: mean[number])


def summarize(results: lt.Results) -> dict[str, Any]:
    """Summarizes the scores of all settings of a sweep.

    Returns:
        ``settings``: one row each; ``chosen``: the number of the chosen one.
    """
    scored = scores(compare(results, published.CHOSEN_ON))
    estimates = np.round((scored.mean, *scored.interval()), 5).T  # A hundredth of typical differences between scores.
    columns = (results.coords[name].values.tolist() for name in VARIED)
    settings = [dict(zip(VARIED, row, strict=True)) for row in zip(*columns, strict=True)]
    rows = [
        {
            "name": _name(**flags),
            "setting": {**flags, "hidden": [int(units) for units in flags["hidden"].split(",") if units != "none"]},
            **lt.statistics.Estimate(*bounds).as_json("score"),
            "unbeaten": unbeaten,
            "diverged_seeds": results.seed.values[diverged],
        }
        for flags, bounds, unbeaten, diverged in zip(
            settings, estimates, scored.unbeaten(), results.diverged.values, strict=True
        )
    ]
    return {"settings": rows, "chosen": choose(settings, scored)}


def _name(optimizer: str, learning_rate: float, gates: str, hidden: str, steps: float) -> str:
    return f"{optimizer} {learning_rate:g}, {gates} gates, hidden {hidden}, {steps:,.0f} steps"


def recipe(seeds: Annotated[int, range(2, 10_000_001)] = 32, base_seed: BaseSeed = 0) -> lt.Analysis:
    """Scores the networks of all settings.

    Args:
        seeds: Number of networks for each setting.
        base_seed: Other values give other networks with the same seed numbers.
    """
    flags = f"--seeds={seeds}", f"--base_seed={base_seed}"
    grids = ([f"--grid={name}={values}" for name, values in grid.items()] for grid in GRIDS)
    return lt.Analysis(
        name="recipe",
        settings={"seeds": seeds, "base_seed": base_seed},
        needs={f"sweep {number}": lt.ask(NETWORKS, *flags, *grid, study="sweep") for number, grid in enumerate(grids)},
        score=lambda needs, _: summarize(
            join_sweeps([lt.load_results(sweep.checked("results.nc")) for sweep in needs.values()])
        ),
        draw=lambda metrics, _: {"score.png": post.figures.scores(metrics)},
        report=report,
    )


def report(metrics: dict[str, Any]) -> Iterator[RenderableType]:
    """Yields the settings that no other beats, the best first."""
    chosen = metrics["settings"][metrics["chosen"]]
    unbeaten = [row for row in metrics["settings"] if row["unbeaten"] or row is chosen]
    rows = [
        (f"{'* ' * (row is chosen)}{row['name']}", *lt.tables.spread(row, "score"))
        for row in sorted(unbeaten, key=lambda row: row["score"])
    ]
    title = f"of {len(metrics['settings'])} settings, those that no other beats by energy score; * is chosen"
    yield lt.tables.table(title, ("setting", "score>", "95 % bootstrap>"), rows, **lt.tables.PLAIN)


if __name__ == "__main__":
    lt.main(recipe)
