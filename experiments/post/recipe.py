"""Which recipe did the post use? Scores the settings of a sweep by how well they explain its published answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int

from lstm_toys.results import storage
from lstm_toys.results.summary import finite
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Settings
from lstm_toys.statistics.scores import Distances, distances, energy_score
from lstm_toys.studies.claims import verdicts
from lstm_toys.studies.sweep import results

from ..published import answers as published
from . import sentences

CHOSEN_ON = ("line", "line_origin", "amplitude")
"""Probes whose published answers decide the choice."""

VALIDATED_ON = "phase"
"""Probe whose published answers validate the choice, but do not decide it."""

APART = "sine"
"""Probe whose published answer is from an earlier stage of training than all others; see `experiments.timeline`."""

KERAS_RATES = {"sgd": 0.01, "rmsprop": 0.001, "rmsprop_keras": 0.001, "adam": 0.001}

VARIED = ("optimizer", "learning_rate", "gates", "hidden", "readout", "steps")
"""Settings in the report."""

RESAMPLES = 1_000

CONFIDENCE = 0.95
TAIL = (1 - CONFIDENCE) / 2
"""Share of resamples beyond each end of an interval."""


class Compared(NamedTuple):
    """A published answer to a curve of a probe, and the answers of the networks of K settings to the same curve.

    Where a dot is hidden, ``output`` and ``error``, the standard error of reading it, are NaN.
    """

    family: str
    parameters: dict[str, float]
    output: Float[np.ndarray, " T"]
    error: Float[np.ndarray, " T"]
    answers: Float[np.ndarray, "K S T"]
    sound: Bool[np.ndarray, "K S"]


def compared(found: xr.Dataset, families: Sequence[str]) -> list[Compared]:
    """Compares the networks of a sweep with the published answers to the curves of some probes."""
    answers, sound = found.answer.sel(feature="y").values, ~found.diverged.values
    shown = []
    for family, curve, index in published.curves_in(found):
        if family in families:
            output, error = (np.array(curve[name], float) for name in ("output", "error"))
            shown.append(Compared(family, published.parameters(curve), output, error, answers[:, :, index], sound))
    return shown


def inside(shown: Sequence[Compared]) -> list[list[float]]:
    """Shares of the points of each curve between the 5th and 95th percentile of the sound networks, by setting."""
    return [
        [published.inside_share(each.answers[number][sound], each.output) if sound.any() else 0.0 for each in shown]
        for number, sound in enumerate(shown[0].sound)
    ]


@dataclass(frozen=True)
class Scores:
    """Scores of K settings on C published curves; ``of_seeds`` with B resamples of seeds, the same for all settings."""

    each: Float[np.ndarray, "K C"]
    of_seeds: Float[np.ndarray, "K B C"]

    def on(self, curves: Bool[np.ndarray, " C"]) -> "Scores":
        """Selects some of the curves."""
        return Scores(self.each[:, curves], self.of_seeds[..., curves])

    @property
    def mean(self) -> Float[np.ndarray, " K"]:
        """Mean over curves."""
        return self.each.mean(axis=1)

    @cached_property
    def resampled(self) -> Float[np.ndarray, "B K"]:
        """Means over resampled curves and seeds; all settings share the resampled curves."""
        _, repeats, curves = self.of_seeds.shape
        drawn = np.random.default_rng(1).integers(curves, size=(repeats, curves))
        return np.take_along_axis(self.of_seeds, drawn[None], axis=2).mean(axis=2).T

    def interval(self) -> Float[np.ndarray, "2 K"]:
        """Percentile bootstrap interval of the means."""
        return np.quantile(self.resampled, (TAIL, 1 - TAIL), axis=0, method="inverted_cdf")

    def unbeaten(self) -> Bool[np.ndarray, " K"]:
        """Settings that no other beats: no interval of the difference to another lies entirely above zero.

        Not corrected for the number of comparisons, which keeps the set small: a corrected set would contain all
        settings that the curves cannot exclude.
        """
        beaten = [np.any(np.mean(mean[:, None] <= self.resampled, axis=0) < TAIL) for mean in self.resampled.T]
        return ~np.array(beaten) & np.isfinite(self.mean)

    def differences(self) -> Float[np.ndarray, "3 K"]:
        """Differences of the means to the first setting's mean, with the ends of simultaneous intervals.

        Their widths in standard errors are the quantile of the largest t statistic in the bootstrap (Romano and Wolf,
        2005, single step).
        """
        with np.errstate(invalid="ignore"):  # Settings without a score have no difference.
            difference = self.mean - self.mean[0]
            resampled = self.resampled - self.resampled[:, [0]]
            error = resampled.std(axis=0)
        others = error > 0
        largest = (np.abs(resampled - difference)[:, others] / error[others]).max(axis=1, initial=0.0)
        reach = np.quantile(largest, CONFIDENCE) * error
        return np.stack([difference, difference - reach, difference + reach])


def scores(shown: Sequence[Compared]) -> Scores:
    """Scores settings on published curves."""
    return score(
        [
            [distances(each.answers[number], each.output, sound) for each in shown]
            for number, sound in enumerate(shown[0].sound)
        ]
    )


def score(settings: Sequence[Sequence[Distances]]) -> Scores:
    """Scores settings by their distances to each curve."""
    seeds = len(settings[0][0].to_curve)
    drawn = np.random.default_rng(0).integers(seeds, size=(RESAMPLES, seeds))
    weights = np.stack([np.bincount(row, minlength=seeds) for row in drawn]).astype(float)
    once = np.ones((1, seeds))
    each, of_seeds = (
        np.array([[energy_score(curve, own) for curve in setting] for setting in settings]) for own in (once, weights)
    )
    return Scores(each[..., 0], of_seeds.swapaxes(1, 2))


def held_out(
    scored: Scores, groups: Int[np.ndarray, " C"], choose: Callable[[Scores], int]
) -> tuple[Int[np.ndarray, " C"], Float[np.ndarray, " C"]]:
    """Returns for each curve the setting that is chosen without its group of curves, and its score on the curve."""
    chosen = np.empty(len(groups), int)
    for group in np.unique(groups):
        chosen[groups == group] = choose(scored.on(groups != group))
    return chosen, scored.each[chosen, np.arange(len(groups))]


def choose(settings: Sequence[Settings], scored: Scores) -> int:
    """Returns the number of the setting that explains the published answers best, as far as they can decide.

    Among unbeaten settings with Keras's default learning rate, this is the best of the kind with the fewest steps; a
    kind comprises all settings but the steps, which `experiments.timeline` chooses. Without such settings, it is the
    best of all.
    """
    mean = scored.mean
    usual = [
        number
        for number in np.flatnonzero(scored.unbeaten()).tolist()
        if settings[number].learning_rate == KERAS_RATES[settings[number].optimizer]
    ]
    if not usual:
        return int(np.argmin(mean))
    first = settings[min(usual, key=lambda number: (settings[number].steps, mean[number]))]
    kind = [number for number, each in enumerate(settings) if replace(each, steps=first.steps) == first]
    return min(kind, key=lambda number: mean[number])


def results_of(networks: Run) -> xr.Dataset:
    """Loads the results of a finished sweep."""
    return storage.load_results(networks.checked("results.nc"), results.VARIABLES | {"answer"})


def summarize(found: xr.Dataset, settings: Sequence[Settings], default: Settings) -> dict[str, Any]:
    """Summarizes the scores of a sweep of these settings, in the form that JSON stores.

    Returns:
        ``curves``: the published curves that decide the choice; ``settings``: one row each, with the shares of
        published points ``inside`` 5-95 % of seeds by family, and the ``apart`` score of the published answer to the
        training sine; ``best``, ``chosen`` and ``default``: numbers of settings; ``held_out``: scores of curves left
        out of the choice.
    """
    shown = compared(found, CHOSEN_ON)
    scored, points = scores(shown), inside(shown)
    apart = scores(compared(found, [APART])).mean
    low, high = scored.interval()
    curves = [{"family": each.family, **each.parameters} for each in shown]
    families = [each.family for each in shown]
    unbeaten, rule = scored.unbeaten(), partial(choose, settings)
    chosen = rule(scored)
    rows = [
        {
            "name": _name(each),
            "setting": {name: value for name, value in each.as_dict().items() if name in VARIED},
            "score": _rounded(scored.mean[number]),
            "low": _rounded(low[number]),
            "high": _rounded(high[number]),
            "unbeaten": bool(unbeaten[number]),
            "inside_share": _rounded(fmean(points[number])),
            "inside": {
                family: _rounded(fmean(s for s, of in zip(points[number], families, strict=True) if of == family))
                for family in dict.fromkeys(families)
            },
            "curve_scores": [_rounded(value) for value in scored.each[number]],
            "apart": _rounded(apart[number]),
            "learned": int(found.learned[number].sum()),
            "seeds": found.sizes["seed"],
            "diverged_seeds": found.seed.values[found.diverged[number].values].tolist(),
        }
        for number, each in enumerate(settings)
    ]
    groups = np.arange(len(curves)), np.unique(families, return_inverse=True)[1]
    return {
        "curves": curves,
        "settings": rows,
        "best": int(np.argmin(scored.mean)),
        "chosen": chosen,
        "default": settings.index(default) if default in settings else None,
        "held_out": {
            name: float(held_out(scored, each, rule)[1].mean())
            for name, each in zip(("by curve", "by family"), groups, strict=True)
        },
        "validation": _validation(found, settings, scored.mean, chosen),
        "claims": _claims(found, sorted(np.flatnonzero(unbeaten).tolist(), key=lambda number: scored.mean[number])),
    }


def _validation(
    found: xr.Dataset, settings: Sequence[Settings], mean: Float[np.ndarray, " K"], chosen: int
) -> list[dict[str, Any]]:
    """Scores the chosen setting, which is first, and the best of every other kind on answers that no choice used."""
    kinds = [(each.optimizer, each.gates) for each in settings]
    others = [kind for kind in dict.fromkeys(kinds) if kind != kinds[chosen]]
    best = [min((n for n, kind in enumerate(kinds) if kind == other), key=lambda n: mean[n]) for other in others]
    numbers = [chosen, *best]
    shown = compared(found.isel(setting=numbers), [VALIDATED_ON])
    scored, points = scores(shown), inside(shown)
    difference, low, high = scored.differences()
    return [
        {
            "setting": number,
            "score": finite(scored.mean[row]),
            "inside_share": float(np.mean(points[row])),
            "difference": finite(difference[row]),
            "low": finite(low[row]),
            "high": finite(high[row]),
        }
        for row, number in enumerate(numbers)
    ]


def _claims(found: xr.Dataset, numbers: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    """By claim about only the sine's networks and by setting, the share of networks that meet it, and the verdict."""
    outcomes: dict[str, list[dict[str, Any]]] = {}
    for number in numbers:
        labeled = found[["input", "answer", "diverged"]].isel(setting=number)
        trained = labeled.isel(curve=int(np.flatnonzero(labeled.family.values == APART)[0]))
        labeled = labeled.assign(train_target=trained.input, train_answer=trained.answer)
        for claim, outcome in judged_claims(labeled).items():
            value, *ends = (finite(each) for each in outcome.share)
            row = {"setting": number, "share": value, "interval": ends, "verdict": outcome.verdict}
            outcomes.setdefault(claim, []).append(row)
    return outcomes


def judged_claims(labeled: xr.Dataset) -> dict[str, verdicts.Judgment]:
    """Judges the claims that are about only the sine's networks."""
    every = {
        claim.id: verdicts.judge(claim, {"sine": labeled})
        for claim in sentences.SENTENCES
        if {*claim.populations} == {"sine"}
    }
    return {name: judgment for name, judgment in every.items() if judgment is not None}


def _rounded(value: float) -> float | None:
    """Rounds to five decimals, a hundredth of typical differences between scores; None if not finite."""
    return finite(round(float(value), 5))


def _name(settings: Settings) -> str:
    hidden, rate = ",".join(map(str, settings.hidden)) or "none", f"{settings.optimizer} {settings.learning_rate:g}"
    return f"{rate}, {settings.gates} gates, hidden {hidden}, {settings.steps:,} steps"
