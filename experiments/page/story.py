"""The story: steps from a sine that is twice as large to the reader's own curve, with numbers from the runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import jaxtyping as jt
import numpy as np

import lstm_toys as lt
from lstm_toys.runs.experiment import TRAINING
from lstm_toys.statistics import intervals
from lstm_toys.studies.claims.declaration import verdict

from .. import published, sine
from ..post.sentences import SENTENCES
from .build import prose

WORDS = prose("story")

LARGER = 2 * sine.TRAIN_AMPLITUDE

FAST, SLOW = 1.5 * sine.FREQUENCY, 0.5 * sine.FREQUENCY
"""Frequencies of small waves, near that at which networks swing and far below it."""

SMALL, LATE = 0.1, 0.3
"""Amplitude of these waves, and the x from which on their answers are measured, after the beginning has died away."""

SINGLES = 3
"""Networks that can be shown alone, of the first ones."""

FAILS = 0.1
"""The error from which on networks fail on a curve of the reader's, a third of the amplitude that they learned."""

VALLEY = next(each for each in SENTENCES if each.id == "valley-phase")
"""The claim whose verdict turns with the learning rate."""


Summary = Mapping[str, Mapping[str, float]]
"""What the study of dynamics says of all networks, by statistic."""


def steps(
    trained: lt.Networks, metrics: Mapping[str, Any], rates: Mapping[str, tuple[str, lt.Results]], found: Summary | None
) -> list[dict[str, Any]]:
    """Makes the story from the published networks, the summary of their run, and what is known of their dynamics.

    ``rates`` are learning rates, from the lowest one on, each with the address of a picture and the labeled results.
    """
    sound = trained.results.isel(seed=np.flatnonzero(~trained.diverged))
    told = [*grown(sound, metrics), alone(trained, sound), pluck(trained, sound, metrics, found)]
    if len(rates) > 1:
        told.append(choices(rates))
    told.append(step("own", [asked(0.8 * sine.TRAIN_AMPLITUDE)], {"fails": FAILS}))
    return [{"id": f"step-{at}", **each} for at, each in enumerate(told, start=1)]


def step(name: str, asks: list[str], numbers: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A step of the story: its words with numbers, and the addresses of its pictures, the first one first."""
    title, *texts = (text.format(**numbers) for text in (WORDS[name]["title"], *WORDS[name]["texts"]))
    return {"title": title, "asks": asks, "texts": texts, **more}


def grown(results: lt.Results, metrics: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A sine that is twice as large, and where the answers stop; then the sine that the networks learned."""
    larger = np.isclose(results.parameter_amplitude.values, LARGER)
    (row,) = np.flatnonzero((results.family.values == "amplitude") & larger)
    curve = results.isel(curve=row)
    tops = peaks(curve.answer.sel(feature="y").values, results.time.values)
    numbers = {
        **metrics,
        "networks": results.sizes["seed"],
        "shown": float(curve.input.max()),
        "median": np.median(tops),
        "highest": tops.max(),
        "error": float(results.train_rmse.sel(feature="y").isel(step=-1).median()),
    }
    yield step("larger", [asked(LARGER)], numbers, moves=True)
    yield step("learned", [asked(sine.TRAIN_AMPLITUDE, set=TRAINING)], numbers)


def pictured(trained: lt.Networks) -> int:
    """The kept step at which the networks are as far from the sine as the answer in the post's picture of it."""
    kept = list(trained.steps[:-1])
    losses = trained.results.train_loss.sel(step=kept).median("seed").values
    return kept[int(np.argmin(np.abs(np.log(losses) - np.log(sine.POST_MSE))))]


def alone(trained: lt.Networks, results: lt.Results) -> dict[str, Any]:
    """One network compared with all, at the step of the post's picture."""
    moment, seeds, x = pictured(trained), results.seed.values, results.time.values
    (curve,) = (
        {**curve, "row": row}
        for family, curve, row in published.answers.curves_in(results)
        if family == "amplitude" and np.isclose(curve["amplitude"], LARGER)
    )
    answers = np.asarray(lt.answers(trained.at(moment), results.input.values[[curve["row"]]]))
    tops = peaks(answers[seeds, 0, :, 0], x)
    (low,), (high,) = intervals.band(tops[:, None])
    numbers = {
        "networks": len(seeds),
        "mse": sine.POST_MSE,
        "step": moment,
        "some": listed(seeds[:SINGLES]),
        "peaks": listed([f"{top:.2f}" for top in tops[:SINGLES]]),
        "published": max(
            y for y, at in zip(curve["output"], x, strict=True) if y is not None and at >= lt.measures.FOUND
        ),
        "low": low,
        "high": high,
    }
    every, own = asked(LARGER, step=moment), WORDS["alone"]
    singles = {own["single"].format(seed=seed): asked(LARGER, step=moment, seed=seed) for seed in seeds[:SINGLES]}
    buttons = {**singles, own["every"].format(**numbers): every}
    return step("alone", [every, *singles.values()], numbers, buttons=buttons)


def pluck(
    trained: lt.Networks, results: lt.Results, metrics: Mapping[str, Any], found: Summary | None
) -> dict[str, Any]:
    """How networks ring, and, if their resonance is known, by how much they amplify a fast and a slow wave."""
    learned = results.train_target.values
    level = round(float(learned.mean()), 2)
    pull = round(float(learned.max()) - level, 2)
    plucked = urlencode({"curve": "pluck", "level": level, "pull": pull, "networks": "published"})
    told = step("pluck", [plucked], {"networks": results.sizes["seed"]}, moves=True)
    if found is None:
        return told
    own, mode = WORDS["resonating"], found["frequency of the leading mode"]
    numbers = {
        "networks": metrics["seeds"],
        "swing": metrics["seeds"] * found["share whose leading mode oscillates"]["median"],
        "frequency": mode["median"],
        "learned": sine.FREQUENCY,
        "interval": "" if mode["low"] is None else own["interval"].format(**mode),
        "fast": FAST,
        "slow": SLOW,
        "fast_gain": gain(trained, results, FAST),
        "slow_gain": gain(trained, results, SLOW),
    }
    texts = [text.format(**numbers) for text in own["texts"]]
    fast, slow = (asked(SMALL, frequency, offset=sine.TRAIN_AMPLITUDE) for frequency in (FAST, SLOW))
    return {
        **told,
        "asks": [plucked, fast, slow],
        "texts": [*told["texts"], *texts],
        "buttons": {WORDS["pluck"]["again"]: plucked, own["fast"]: fast, own["slow"]: slow},
    }


def gain(trained: lt.Networks, results: lt.Results, frequency: float) -> float:
    """How many times as large as a small wave the median network's answer is, from its lowest to its highest value."""
    x = results.time.values
    wave = sine.TRAIN_AMPLITUDE + SMALL * np.sin(frequency * x)
    answers = np.asarray(lt.answers(trained, wave[None, :, None].astype(np.float32)))
    late = x >= LATE
    return float(np.median(np.ptp(answers[results.seed.values, 0][:, late, 0], axis=1)) / np.ptp(wave[late]))


def choices(rates: Mapping[str, tuple[str, lt.Results]]) -> dict[str, Any]:
    """The claim whose verdict turns with the learning rate, judged at each; the published rate comes first."""
    own, slider = WORDS["rates"], []
    for rate, (ask, results) in rates.items():
        curves = np.flatnonzero(results.family.values == VALLEY.sources[0].curves)
        moved = VALLEY.number(results.isel(curve=curves, seed=np.flatnonzero(~results.diverged.values)))
        met = VALLEY.met(moved)
        decided = verdict(lt.wilson(int(met.sum()), len(met)))
        counted = {"met": met.sum(), "networks": len(met), "high": VALLEY.high, "middle": np.nanmedian(moved)}
        numbers = {"verdict": own["verdicts"][decided], **counted}
        slider.append({"ask": ask, "verdict": decided, "label": rate, "text": own["verdict"].format(**numbers)})
    asks = [each["ask"] for each in slider]
    first = asks[[*rates].index(f"{sine.EXPERIMENT.defaults['learning_rate']:g}")]
    label = own["label"].format(least=slider[0]["label"], most=slider[-1]["label"])
    ordered = [first, *(each for each in asks if each != first)]
    return step("rates", ordered, {}, slider={"label": label, "choices": slider})


def asked(amplitude: float, frequency: float = sine.FREQUENCY, **other: Any) -> str:
    """The address in which the page shows a sine A + A sin(frequency x)."""
    curve = {"curve": "sine", "amplitude": amplitude, "frequency": frequency, "phase": 0, "offset": amplitude}
    return urlencode({**curve, "networks": "published", **other})


def peaks(answers: jt.Float[np.ndarray, "S T"], x: jt.Float[np.ndarray, " T"]) -> jt.Float[np.ndarray, " S"]:
    """The highest answer of each network, after the beginning, in which it finds the curve."""
    return answers[:, x >= lt.measures.FOUND].max(axis=1)


def listed(items: Any) -> str:
    """Items with commas, and the word *and* before the last one."""
    *others, last = map(str, items)
    return f"{', '.join(others)} and {last}" if others else last
