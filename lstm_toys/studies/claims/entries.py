"""Makes the entries of ``claims.json``, one per claim."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple, TypeVar

import numpy as np
from jaxtyping import Float

from lstm_toys.results.summary import finite
from lstm_toys.statistics import intervals
from lstm_toys.statistics.intervals import Estimate
from lstm_toys.studies.claims import evidence
from lstm_toys.studies.claims.claim import CLIPPED, COPY, INPUT, Claim
from lstm_toys.studies.claims.declaration import NETWORKS, Counted
from lstm_toys.studies.claims.evidence import Evidence
from lstm_toys.studies.claims.verdicts import Judgment, Unsound, judge, verdict


class Model(NamedTuple):
    """The answers of a copying model (`INPUT`, `TRUTH`, or both joined by "and"), and whether they are correct."""

    answers: str
    right: bool


class Column(NamedTuple):
    """Results of a variant, and which networks count; see `Variant`."""

    results: Evidence
    networks: Counted


@dataclass(frozen=True)
class Judgments:
    """The judgments of a claim by all available evidence.

    Attributes:
        variants: by name, with the judgment by the networks that they are compared with.
        during: by number of steps.
        alike: by column, judged on the curves with published answers.
    """

    claim: Claim
    networks: Judgment
    published: Judgment | None
    nulls: Mapping[str, Judgment]
    model: Model
    controls: Mapping[str, Judgment]
    variants: Mapping[str, tuple[Judgment, Judgment]]
    during: Mapping[int, Judgment]
    alike: Mapping[str, Judgment]


def judgments(
    claim: Claim,
    networks: Evidence,
    *,
    published: Evidence,
    nulls: Mapping[str, Evidence],
    controls: Mapping[str, Evidence],
    variants: Mapping[str, Column],
    during: Mapping[int, Evidence],
) -> Judgments:
    """Judges a claim by all columns.

    ``networks`` are the results that the claim is about, ``nulls`` results of models without a network, by name,
    ``during`` results after other numbers of steps; for the others see `Claims`. Raises Unsound if a source is missing
    or the claim's function fails.
    """
    ours, published_says = judge(claim, networks), judge(claim, published)
    if ours is None:
        sources = " and ".join(f"{source.curves} of {source.population}" for source in claim.sources)
        raise Unsound(f"the results lack {sources}, or are not of as many networks each")
    if published_says is not None and np.isnan(published_says.numbers).all():
        published_says = None
    compared = {name: judged for name, each in variants.items() if (judged := _compared(claim, networks, each))}
    columns = {NETWORKS: networks} | {name: variants[name].results for name in compared}
    return Judgments(
        claim,
        ours,
        published_says,
        _judged(claim, nulls),
        _model(claim, networks),
        {} if claim.fails else _judged(claim, controls),
        compared,
        _judged(claim, during),
        {}
        if published_says is None
        else _judged(claim, {name: _alike(each, published) for name, each in columns.items()}),
    )


Name = TypeVar("Name", str, int)


def _judged(claim: Claim, columns: Mapping[Name, Evidence]) -> dict[Name, Judgment]:
    return {name: judged for name, each in columns.items() if (judged := judge(claim, each)) is not None}


def _compared(claim: Claim, networks: Evidence, column: Column) -> tuple[Judgment, Judgment] | None:
    """Judges a claim by a variant, and by the networks that it is compared with."""
    if column.networks == "equal loss" and claim.learned:
        return None
    only_learned = column.networks != "all"
    theirs = judge(claim, column.results, only_learned=only_learned)
    ours = None if theirs is None else judge(claim, networks, only_learned=only_learned)
    return None if theirs is None or ours is None else (theirs, ours)


def _alike(networks: Evidence, published: Evidence) -> Evidence:
    """The networks' answers to the curves with published answers."""
    return {name: evidence.alike(each, published[name]) for name, each in networks.items() if name in published}


def entry(judged: Judgments, about: str, claims: int, differences: int) -> dict[str, Any]:
    """Returns everything that is reported about a claim as JSON; numbers that are not finite become null.

    Args:
        about: a description of the networks.
        claims: number of claims in the table, for simultaneous intervals.
        differences: number of differences in the table, for simultaneous intervals.
    """
    claim, at_once = judged.claim, judged.networks.share_at(intervals.simultaneous(claims))
    during = _during(judged)
    return {
        "id": claim.id,
        "quote": claim.quote,
        "statistic": claim.statistic,
        "threshold": {"low": finite(claim.low), "high": finite(claim.high), "against": claim.against},
        "meets": claim.meets,
        **_population(judged.networks),
        "simultaneous": {"interval": _interval(at_once), "verdict": verdict(at_once)},
        "published": None if judged.published is None else _single(judged.published) | {"ranks": _ranks(judged)},
        "null": {name: _single(outcome) | {"answers": judged.model.answers} for name, outcome in judged.nulls.items()},
        "controls": {name: _population(outcome) for name, outcome in judged.controls.items()},
        "variants": {
            name: _population(theirs) | _difference(theirs, ours, intervals.simultaneous(differences))
            for name, (theirs, ours) in judged.variants.items()
        },
        "during": during,
        "remarks": [
            *remarks(claim, judged.networks, judged.nulls, judged.model, judged.controls, about),
            *changes(during),
        ],
    }


def _during(judged: Judgments) -> dict[str, Any] | None:
    """The shares of networks after each number of steps, with simultaneous intervals."""
    if not judged.during:
        return None
    confidence = intervals.simultaneous(len(judged.during))
    shares = [outcome.share_at(confidence) for outcome in judged.during.values()]
    return {
        "steps": [*judged.during],
        "share": [finite(share.value) for share in shares],
        "interval": [_interval(share) for share in shares],
        "verdict": [verdict(share) for share in shares],
        "median": [finite(outcome.median.value) for outcome in judged.during.values()],
        "median_interval": [_interval(outcome.median) for outcome in judged.during.values()],
    }


def changes(during: dict[str, Any] | None) -> Iterator[str]:
    """Yields how a verdict changes during training, if it does."""
    if during is None or len(set(during["verdict"])) < 2:
        return
    spans = [
        (name, [step for _, step in group])
        for name, group in groupby(zip(during["verdict"], during["steps"], strict=True), key=lambda each: each[0])
    ]
    *earlier, (last, steps) = spans
    said = [f"{name} to {span[-1]:,}" for name, span in earlier]
    yield f"during training: {', '.join(said)}, {last} from {steps[0]:,} steps"


def _model(claim: Claim, networks: Evidence) -> Model:
    sets = [evidence.select(networks[source.population], source.curves) for source in claim.sources]
    curves = [each for each in sets if each is not None and "answer" in each]
    answers = dict.fromkeys(evidence.model(each) for each in curves)
    return Model(" and ".join(answers), all(evidence.right(each) for each in curves))


def remarks(
    claim: Claim,
    networks: Judgment,
    nulls: Mapping[str, Judgment],
    model: Model,
    controls: Mapping[str, Judgment],
    about: str,
) -> Iterator[str]:
    """Yields caveats to a verdict if a model without a network or a control meets the claim.

    A supported claim then says little; a refuted one says that the networks differ from that model.
    """
    judged = networks.verdict
    met = [name for name, outcome in nulls.items() if outcome.meets.all()]
    copied = model.answers == INPUT
    names = {COPY: "a copy of the input", CLIPPED: "a clipped copy of the input"}
    if not copied:
        names = {COPY: f"the {model.answers}", CLIPPED: f"the {model.answers} clipped to (-1, 1)"}
    if met and judged == "refuted":
        name = COPY if COPY in met else CLIPPED
        does = f"do what a {name} does" if copied else "answer that"
        yield f"{names[name]} meets it: the networks do not {does}"
    elif COPY in met and claim.learned and model.right:
        yield f"{names[COPY]} is what is to be learned"
    elif COPY in met and copied:
        said = {"supported": "says nothing", "undecided": "supported, it would say nothing"}[judged]
        yield f"{names[COPY]} meets it: {said} about {about}"
    elif met:
        said = {"supported": "needs no more than", "undecided": "supported, it would need no more than"}[judged]
        yield f"{names[met[0]]} meets it: {said} {'right answers' if COPY in met else 'answers within (-1, 1)'}"
    too = {"supported": "meet it too", "refuted": "meet it, these networks do not", "undecided": "meet it"}[judged]
    yield from (f"{name} {too}" for name, outcome in controls.items() if outcome.verdict == "supported")


def _population(outcome: Judgment) -> dict[str, Any]:
    return {
        "per_seed": _listed(outcome.numbers),
        "share": finite(outcome.share.value),
        "interval": _interval(outcome.share),
        "median": finite(outcome.median.value),
        "median_interval": _interval(outcome.median),
        "verdict": outcome.verdict,
        "seeds": len(outcome.numbers),
        "counted": outcome.counted,
        "diverged": list(outcome.diverged),
        "unlearned": list(outcome.unlearned),
        "excluded": list(outcome.excluded),
        "meaningless": outcome.meaningless,
        "against_per_seed": None if outcome.theirs is None else _listed(outcome.theirs),
        "baselines": {
            what: {"median": finite(estimate.value), "median_interval": _interval(estimate)}
            for what, estimate in outcome.baselines.items()
        },
    }


def _difference(theirs: Judgment, ours: Judgment, confidence: float) -> dict[str, Any]:
    """The share of a variant's networks that meet the claim minus the share of the networks."""
    difference = intervals.difference(theirs.share_at(confidence), ours.share_at(confidence))
    return {"difference": finite(difference.value), "difference_interval": _interval(difference)}


def _ranks(judged: Judgments) -> dict[str, list[int]]:
    """Counts by column the networks with a lower number than the published one, an equal number, and any number."""
    assert judged.published is not None
    value = judged.published.numbers[0]
    return {
        name: [
            int((each.numbers < value).sum()),
            int((each.numbers == value).sum()),
            int((~np.isnan(each.numbers)).sum()),
        ]
        for name, each in judged.alike.items()
    }


def _single(outcome: Judgment) -> dict[str, Any]:
    """The entry of a single model: a published network, or a model without a network."""
    return {
        "value": finite(outcome.numbers[0]),
        "meets": bool(outcome.meets[0]),
        "baselines": {what: finite(estimate.value) for what, estimate in outcome.baselines.items()},
    }


def _listed(numbers: Float[np.ndarray, " S"]) -> list[float | None]:
    return [finite(number) for number in numbers.tolist()]


def _interval(estimate: Estimate) -> list[float | None] | None:
    return None if np.isnan(estimate.low) else [finite(estimate.low), finite(estimate.high)]
