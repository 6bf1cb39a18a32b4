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

from .. import published, sine
from . import charts
from .build import Made, prose
from .playground import pictured
from .runs import FinishedRun

WORDS = prose("story")

LARGER = 2 * sine.TRAIN_AMPLITUDE

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
        found = runs["dynamics"]
        results = lt.load_results(found.run.checked("results.nc"), {"mode_frequency"})
        resonance = Resonance(results.mode_frequency.values, found.metrics["summary"])
    return made(lt.load(runs["published"].run.folder), runs["published"].metrics, resonance)


def made(saved: lt.Saved, metrics: Mapping[str, Any], resonance: Resonance | None) -> Made:
    """Makes the story from the published networks, the summary of their run, and their resonance, if it is known."""
    sound = saved.results.isel(seed=np.flatnonzero(~saved.results.diverged.values))
    steps = [learned(sound, metrics), larger(sound), alone(saved, sound)]
    if resonance is not None:
        gains = {"fast_gain": gain(saved, sound, FAST), "slow_gain": gain(saved, sound, SLOW)}
        steps.append(resonating(resonance, gains))
    steps.append(step("own", asked(sine.TRAIN_AMPLITUDE, 2 * sine.FREQUENCY), {"top": 2 * sine.TRAIN_AMPLITUDE}))
    return Made({"steps": [{"id": f"step-{at}", **each} for at, each in enumerate(steps, start=1)]})


def step(name: str, ask: str, numbers: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A step of the story: its words with numbers, and the address of what the playground shows."""
    title, *texts = (text.format(**numbers) for text in (WORDS[name]["title"], *WORDS[name]["texts"]))
    return {"title": title, "ask": ask, "texts": texts, **more}


def learned(results: lt.Results, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The sine that the networks learned."""
    error = float(results.train_rmse.sel(feature="y").isel(step=-1).median())
    numbers = {**metrics, "networks": results.sizes["seed"], "error": error}
    return step("learned", asked(sine.TRAIN_AMPLITUDE, set=TRAINING), numbers)


def larger(results: lt.Results) -> dict[str, Any]:
    """A sine that is twice as large, and where the answers stop."""
    (row,) = np.flatnonzero((results.family.values == "amplitude") & np.isclose(results.amplitude.values, LARGER))
    curve = results.isel(curve=row)
    tops = peaks(curve.answer.sel(feature="y").values, results.time.values)
    numbers = {"shown": float(curve.input.max()), "median": np.median(tops), "highest": tops.max(), **ends(tops)}
    return step("larger", asked(LARGER), numbers)


def alone(saved: lt.Saved, results: lt.Results) -> dict[str, Any]:
    """One network compared with all, at the step of the post's picture."""
    moment, seeds, x = pictured(saved), results.seed.values, results.time.values
    (curve,) = (
        {**curve, "row": row}
        for family, curve, row in published.answers.curves_in(results)
        if family == "amplitude" and np.isclose(curve["amplitude"], LARGER)
    )
    answers = np.asarray(lt.answers(saved.model, saved.kept[moment], results.input.values[[curve["row"]]]))
    tops = peaks(answers[seeds, 0, :, 0], x)
    numbers = {
        "networks": len(seeds),
        "mse": sine.POST_MSE,
        "step": moment,
        "some": listed(seeds[:SINGLES]),
        "peaks": listed([f"{top:.2f}" for top in tops[:SINGLES]]),
        "published": max(
            y for y, at in zip(curve["output"], x, strict=True) if y is not None and at >= lt.measures.FOUND
        ),
        **ends(tops),
    }
    every, own = asked(LARGER, step=moment), WORDS["alone"]
    singles = {own["single"].format(seed=seed): asked(LARGER, step=moment, seed=seed) for seed in seeds[:SINGLES]}
    return step("alone", every, numbers, choices={**singles, own["every"].format(**numbers): every})


def gain(saved: lt.Saved, results: lt.Results, frequency: float) -> float:
    """How many times as large as a small wave the median network's answer is, from its lowest to its highest value."""
    x = results.time.values
    wave = sine.TRAIN_AMPLITUDE + SMALL * np.sin(frequency * x)
    answers = np.asarray(lt.answers(saved.model, saved.params, wave[None, :, None].astype(np.float32)))
    late = x >= LATE
    return float(np.median(np.ptp(answers[results.seed.values, 0][:, late, 0], axis=1)) / np.ptp(wave[late]))


def resonating(found: Resonance, gains: Mapping[str, float]) -> dict[str, Any]:
    """What the networks became: systems that resonate, by how much they amplify a fast and a slow wave."""
    own, count = WORDS["resonating"], len(found.frequencies)
    frequencies = found.frequencies[np.isfinite(found.frequencies)]
    rest, swing = (
        count * found.summary[name]["median"]
        for name in ("share with one stable point at the mean input", "share whose leading mode oscillates")
    )
    mode = found.summary["frequency of the leading mode"]
    numbers = {
        "networks": count,
        "rest": rest,
        "swing": swing,
        "frequency": mode["median"],
        "learned": sine.FREQUENCY,
        "interval": "" if mode["low"] is None else own["interval"].format(**mode),
        "fast": FAST,
        "slow": SLOW,
        **gains,
    }
    row = charts.Row(own["row"].format(networks=len(frequencies)), frequencies.tolist(), "networks")
    mark = ("null", sine.FREQUENCY, own["mark"].format(**numbers))
    fast, slow = (asked(SMALL, frequency, offset=sine.TRAIN_AMPLITUDE) for frequency in (FAST, SLOW))
    told = step("resonating", fast, numbers, choices={own["fast"]: fast, own["slow"]: slow})
    chart = {
        "statistic": own["statistic"],
        "words": told["texts"][:1],
        "drawing": charts.laid_out([row], [mark]),
    }
    return {**told, "chart": chart}


def asked(amplitude: float, frequency: float = sine.FREQUENCY, **other: Any) -> str:
    """The address in which the playground shows a sine A + A sin(frequency x)."""
    curve = {"curve": "sine", "amplitude": amplitude, "frequency": frequency, "phase": 0, "offset": amplitude}
    return urlencode({**curve, "networks": "published", **other})


def peaks(answers: jt.Float[np.ndarray, "S T"], x: jt.Float[np.ndarray, " T"]) -> jt.Float[np.ndarray, " S"]:
    """The highest answer of each network, after the beginning, in which it finds the curve."""
    return answers[:, x >= lt.measures.FOUND].max(axis=1)


def ends(values: jt.Float[np.ndarray, " S"]) -> dict[str, float]:
    """The range of 90 % of networks."""
    (low,), (high,) = intervals.band(values[:, None])
    return {"low": low, "high": high}


def listed(items: Any) -> str:
    """Items with commas, and the word *and* before the last one."""
    *others, last = map(str, items)
    return f"{', '.join(others)} and {last}" if others else last
