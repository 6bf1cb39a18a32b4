"""The story: five steps from the sine that networks learned to the reader's own curve, with numbers from the runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import jaxtyping as jt
import numpy as np

import lstm_toys as lt
from lstm_toys.runs.experiment import TRAINING
from lstm_toys.statistics import intervals

from ... import post, sine
from .. import charts
from ..part import Made, Part
from ..runs import FinishedRun
from .playground import pictured

LARGER = 2 * sine.TRAIN_AMPLITUDE
"""Amplitude of the sine that the networks never saw."""

FAST, SLOW = 1.5 * sine.FREQUENCY, 0.5 * sine.FREQUENCY
"""Frequencies of small waves, near that at which networks swing and far below it."""

SMALL, LATE = 0.1, 0.3
"""Amplitude of these waves, and the x from which on their answers are measured, after the beginning has died away."""

SINGLES = 3
"""Networks that can be shown alone, of the first ones."""


class Resonance(NamedTuple):
    """Results of the study of dynamics: the leading mode's frequency per network, and its summary."""

    frequencies: jt.Float[np.ndarray, " S"]
    summary: Mapping[str, Mapping[str, float]]


def make(runs: Mapping[str, FinishedRun]) -> Made | None:
    """Makes the story; None without the published networks."""
    if "published" not in runs:
        return None
    resonance = None
    if "dynamics" in runs:
        from lstm_toys.results import storage

        found = runs["dynamics"]
        results = storage.load_results(found.run.checked("results.nc"), {"mode_frequency"})
        resonance = Resonance(results.mode_frequency.values, found.metrics["summary"])
    return made(lt.load(runs["published"].run.folder), runs["published"].metrics, resonance)


def made(saved: lt.Saved, metrics: Mapping[str, Any], resonance: Resonance | None) -> Made:
    """Makes the story from the published networks, the summary of their run, and their resonance, if it is known."""
    sound = saved.results.isel(seed=np.flatnonzero(~saved.results.diverged.values))
    steps = [learned(sound, metrics), larger(sound), alone(saved, sound)]
    if resonance is not None:
        steps.append(resonating(resonance, *(returned(saved, sound, frequency) for frequency in (FAST, SLOW))))
    return Made({"steps": [{"id": f"step-{at}", **step} for at, step in enumerate([*steps, own()], start=1)]})


def learned(results: lt.Results, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The sine that the networks learned."""
    error = float(results.train_rmse.sel(feature="y").isel(step=-1).median())
    return {
        "title": "One sine",
        "ask": asked(sine.TRAIN_AMPLITUDE, set=TRAINING),
        "texts": [
            "A network reads a curve from left to right, one value at a time, and must return each value as it "
            f"arrives. These {results.sizes['seed']} networks practiced on one sine for {metrics['steps']:,} steps, "
            "and on nothing else: the gray curve, which their answers now cover. "
            f"{metrics['converged']} of {metrics['seeds']} learned it; a typical one is {error:.2g} off. It looks like "
            "copying. Is it?"
        ],
    }


def larger(results: lt.Results) -> dict[str, Any]:
    """A sine that is twice as large, and where the answers stop."""
    (row,) = np.flatnonzero((results.family.values == "amplitude") & np.isclose(results.amplitude.values, LARGER))
    curve = results.isel(curve=row)
    tops = peaks(curve.answer.sel(feature="y").values, results.time.values)
    shown = float(curve.input.max())
    return {
        "title": "Twice as large",
        "ask": asked(LARGER),
        "texts": [
            f"Now the sine is twice as large, with peaks at {shown:.2g} (dashed). The networks answer with peaks at "
            f"{np.median(tops):.2f} ({between(tops)} for 90 % of them): they do not copy.",
            "One limit is built in: no answer can pass 1, the dotted line, because the last unit multiplies a number "
            f"from 0 to 1 by one from −1 to 1. But half of them stop below {np.median(tops):.2f}, and the highest peak "
            f"of all is {tops.max():.2f}: the limit alone does not explain where they stop.",
        ],
    }


def alone(saved: lt.Saved, results: lt.Results) -> dict[str, Any]:
    """One network compared with all, at the step of the post's picture."""
    moment = pictured(saved)
    seeds = results.seed.values
    x = results.time.values
    (curve,) = (
        {**curve, "row": row}
        for family, curve, row in post.published.curves_in(results)
        if family == "amplitude" and np.isclose(curve["amplitude"], LARGER)
    )
    answers = np.asarray(lt.answers(saved.model, saved.kept[moment], results.input.values[[curve["row"]]]))
    tops = peaks(answers[seeds, 0, :, 0], x)
    published = max(y for y, at in zip(curve["output"], x, strict=True) if y is not None and at >= lt.measures.FOUND)
    singles = [f"{top:.2f}" for top in tops[:SINGLES]]
    every = asked(LARGER, step=moment)
    return {
        "title": f"One network or {len(seeds)}?",
        "ask": every,
        "texts": [
            f"The post trained one network. In its picture of the sine the mean squared error is {sine.POST_MSE:.2g}. "
            f"These networks reach it after about {moment:,} of their steps, so they are shown at that step.",
            f"Asked about the larger sine, networks {listed(seeds[:SINGLES])} peak at {listed(singles)}, and 90 % of "
            f"all {len(seeds)} peak between {between(tops, ' and ')}. The post’s network, in a later picture "
            f"(red diamonds), peaks at {published:.2f}. What one network does is one sample out of many.",
        ],
        "choices": {
            **{f"Network {seed} alone": asked(LARGER, step=moment, seed=seed) for seed in seeds[:SINGLES]},
            f"All {len(seeds)}": every,
        },
    }


def returned(saved: lt.Saved, results: lt.Results, frequency: float) -> float:
    """How many times as large as a small wave the median network's answer is, from its lowest to its highest value."""
    x = results.time.values
    wave = sine.TRAIN_AMPLITUDE + SMALL * np.sin(frequency * x)
    answers = np.asarray(lt.answers(saved.model, saved.params, wave[None, :, None].astype(np.float32)))
    late = x >= LATE
    return float(np.median(np.ptp(answers[results.seed.values, 0][:, late, 0], axis=1)) / np.ptp(wave[late]))


def resonating(found: Resonance, fast: float, slow: float) -> dict[str, Any]:
    """What the networks became: systems that resonate. ``fast`` and ``slow`` say how large waves are `returned`."""
    frequencies = found.frequencies[np.isfinite(found.frequencies)]
    rest, swing = (
        f"{found.summary[name]['median'] * len(found.frequencies):.0f} of {len(found.frequencies)}"
        for name in ("share with one stable point at the mean input", "share whose leading mode oscillates")
    )
    mode = found.summary["frequency of the leading mode"]
    spread = "" if mode["low"] is None else f" (95 % interval {mode['low']:.3g} to {mode['high']:.3g})"
    texts = [
        f"Stop the curve at the mean of the sine, and {rest} networks come to rest, each at one answer. Push them a "
        f"little, and {swing} swing until they rest again, as a bell does: the median network at a frequency of "
        f"{mode['median']:.3g}{spread}, faster than the {sine.FREQUENCY:g} of the sine.",
        f"So they resonate. The curve is now a small wave of frequency {FAST:g} (dashed), and the median network "
        f"returns it {fast:.2g} times as large. A slow wave, of frequency {SLOW:g}, it returns {slow:.2g} times as "
        "large.",
    ]
    mark = ("null", sine.FREQUENCY, f"the sine that they learned: {sine.FREQUENCY:g}")
    row = charts.Row(f"{len(frequencies)} networks", frequencies.tolist(), "networks")
    waves = {
        words: asked(SMALL, frequency=frequency, offset=sine.TRAIN_AMPLITUDE)
        for words, frequency in (("The fast wave", FAST), ("The slow wave", SLOW))
    }
    return {
        "title": "What they became",
        "ask": waves["The fast wave"],
        "texts": texts,
        "choices": waves,
        "chart": {
            "statistic": "Frequency at which networks swing (radians per unit of x), one dot per network",
            "words": texts[:1],
            "drawing": charts.laid_out([row], [mark]),
        },
    }


def own() -> dict[str, Any]:
    """The reader's turn."""
    return {
        "title": "Your turn",
        "ask": asked(sine.TRAIN_AMPLITUDE, frequency=2 * sine.FREQUENCY),
        "texts": [
            "Drag the handles, or draw a curve over this one. Can you find one on which they fail, although it stays "
            f"between 0 and {2 * sine.TRAIN_AMPLITUDE:g}, where their sine lies? The score is below the chart. Under "
            "“The networks”, choose other kinds of networks, or play the training of these."
        ],
    }


def asked(amplitude: float, frequency: float = sine.FREQUENCY, **other: Any) -> str:
    """The address in which the playground shows a sine A + A sin(frequency x)."""
    curve = {"curve": "sine", "amplitude": amplitude, "frequency": frequency, "phase": 0, "offset": amplitude}
    return urlencode({**curve, "networks": "published", **other})


def peaks(answers: jt.Float[np.ndarray, "S T"], x: jt.Float[np.ndarray, " T"]) -> jt.Float[np.ndarray, " S"]:
    """The highest answer of each network, after the beginning, in which it finds the curve."""
    return answers[:, x >= lt.measures.FOUND].max(axis=1)


def between(values: jt.Float[np.ndarray, " S"], joint: str = " to ") -> str:
    """The range of 90 % of networks, in words."""
    (low,), (high,) = intervals.band(values[:, None])
    return f"{low:.2f}{joint}{high:.2f}"


def listed(items: Any) -> str:
    """Items with commas, and the word *and* before the last one."""
    *others, last = map(str, items)
    return f"{', '.join(others)} and {last}" if others else last


PART = Part("story", make, script=True)
