"""The story of the page: steps from a guess to the reader's own curve, with numbers from the runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import numpy as np

import lstm_toys as lt

from .. import published, sine
from ..post.sentences import SENTENCES
from .build import prose
from .runs import FURTHER

WORDS = prose("story")

MIDDLE = sine.TRAIN_AMPLITUDE
LARGER = 2 * MIDDLE

HERE, LEARNED = 8, f"sine,{MIDDLE},{sine.FREQUENCY:g},0,{MIDDLE}"
"""The number of networks that the page trains, and the curve that they learn: amplitude, frequency, phase, offset."""

SINGLES = 3
"""The number of networks with a button of their own: the first ones."""

FAILS = 0.1
"""The error above which networks fail on the reader's curve: a third of the amplitude that they learned."""

BOTH = ("steps-3000", "rate-0.003")
"""Trainings that show together that the rate alone is not responsible."""

VALLEY = next(claim for claim in SENTENCES if claim.id == "valley-phase")
"""The claim whose verdict turns with the learning rate, and with the number of steps."""


def steps(
    trained: lt.Networks,
    metrics: Mapping[str, Any],
    further: Mapping[str, tuple[str, lt.Results]],
    during: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Makes the story from the published networks and the summary of their run.

    ``further`` are the trainings of `FURTHER` after the published one, each with the address of a picture and results;
    ``during`` are judgments of `VALLEY` at numbers of steps of the published training.
    """
    results = trained.results.isel(seed=np.flatnonzero(~trained.diverged))
    numbers = text_numbers(results, metrics)
    alone, pluck, larger = WORDS["alone"], WORDS["pluck"], address(LARGER)
    seeds = results.seed.values[:SINGLES]
    singles = {alone["single"].format(seed=seed): address(LARGER, post="yes", seed=seed) for seed in seeds}
    plucked = urlencode({"curve": "pluck", "level": MIDDLE, "pull": LARGER - MIDDLE, "networks": "published"})
    story = [
        step("larger", numbers, {"": larger}),
        step("learned", numbers, {"": address(MIDDLE, networks="own", learn=LEARNED, seeds=HERE, step=0)}),
        step("alone", numbers, {alone["every"].format(**numbers): address(LARGER, post="yes"), **singles}),
        step("pluck", numbers, {pluck["again"]: plucked}),
        *([verdicts(further, numbers, during)] if len(further) > 1 else []),
        step("own", numbers, {WORDS["own"]["again"]: address(0.8 * MIDDLE)}),
    ]
    return [{"id": f"step-{number}", **entry} for number, entry in enumerate(story, start=1)]


def step(name: str, numbers: Mapping[str, Any], buttons: Mapping[str, str], **more: Any) -> dict[str, Any]:
    """A step of the story: its words with numbers, and the addresses of its pictures by the words of their buttons."""
    keys = ("tab", "title", "texts", "seen", "reward", "found", "end")
    words = {key: fill(value, numbers) for key, value in WORDS[name].items() if key in keys}
    return {**words, "name": name, "buttons": buttons, "asks": [*buttons.values()], **more}


def fill(words: Any, numbers: Mapping[str, Any]) -> Any:
    """Fills numbers into a text, or into several."""
    return words.format(**numbers) if isinstance(words, str) else [text.format(**numbers) for text in words]


def text_numbers(results: lt.Results, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers in all texts but those about other trainings; ``results`` have no diverged networks."""
    sines = results.amplitude
    (row,) = np.flatnonzero(np.isclose(sines.parameter_amplitude.values, LARGER))
    x, seeds, learned = sines.time.values, results.seed.values, results.training.truth.values
    late = lt.measures.window(x, lt.measures.FOUND)
    tops = sines.isel(curve=row).answer.sel(feature="y").values[:, late].max(axis=1)
    (low,), (high,) = lt.statistics.band(tops[:, None])
    curves = published.answers.curves_in(results)
    (post,) = (curve["output"] for probe, curve, index in curves if (probe, index) == ("amplitude", row))
    return {
        **metrics,
        "networks": len(seeds),
        "learners": "all" if metrics["converged"] == metrics["seeds"] else f"{metrics['converged']} of them",
        "here": HERE,
        "rate": sine.EXPERIMENT.defaults["learning_rate"],
        "shown": float(sines.input.isel(curve=row).max()),
        "median": np.median(tops),
        "some": ", ".join(map(str, seeds[:SINGLES])),
        "peaks": ", ".join(f"{top:.2f}" for top in tops[:SINGLES]),
        "published": max(y for y, at in zip(post, late, strict=True) if y is not None and at),
        "low": low,
        "high": high,
        "most": round(float(learned.max()), 2),
        "fails": FAILS,
    }


def verdicts(
    further: Mapping[str, tuple[str, lt.Results]], numbers: Mapping[str, Any], during: Mapping[str, Any]
) -> dict[str, Any]:
    """The step about the claim whose verdict turns with training, judged by the networks of each training.

    If it is another verdict where all numbers of steps are judged at once, this is said, too.
    """
    words, numbers = WORDS["verdict"], {**numbers, "high": VALLEY.high}
    rows = {name: judge(results) for name, (_, results) in further.items()}
    labels = {name: words["usual"] if name == "published" else FURTHER[name][0].capitalize() for name in rows}
    texts = {name: fill(words["judged"], row) for name, row in rows.items()}
    for name, (_, _, value) in FURTHER.items():
        if name in rows and value in during and (verdict := during[value].verdict_at_once) != rows[name]["verdict"]:
            texts[name] += " " + fill(words["together"], {"words": words["verdicts"][verdict].lower()})
    usual, *more = (rows[name]["verdict"] for name in ("published", *BOTH) if name in rows)
    if len(more) == len(BOTH) and usual not in more:
        both = fill(words["both"], {**numbers, "words": FURTHER[BOTH[0]][0], "value": FURTHER[BOTH[1]][-1]})
        texts |= {name: f"{texts[name]} {both}" for name in BOTH}
    choices = [
        {"ask": further[name][0], "verdict": row["verdict"], "label": labels[name], "text": texts[name]}
        for name, row in rows.items()
    ]
    return step("verdict", numbers, {choice["label"]: choice["ask"] for choice in choices}, choices=choices)


def judge(results: lt.Results) -> dict[str, Any]:
    """The verdict on the claim, in words too, and how many networks meet it."""
    judgment: Any = lt.claims.judge(VALLEY, {VALLEY.sources[0].population: results})
    networks = judgment.counted + judgment.undefined
    words = WORDS["verdict"]["verdicts"][judgment.verdict]
    return {"verdict": judgment.verdict, "words": words, "met": judgment.met, "networks": networks}


def address(amplitude: float, **other: Any) -> str:
    """The page's address that shows a sine A + A sin(10 x)."""
    curve = {"curve": "sine", **sine.sines(amplitude), "phase": 0}
    return urlencode({**curve, "networks": "published", **other})
