"""Makes the entries of ``claims.json``, one per claim."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from lstm_toys.results.summary import finite
from lstm_toys.statistics import intervals
from lstm_toys.statistics.intervals import Estimate
from lstm_toys.studies.claims import evidence
from lstm_toys.studies.claims.claim import CLIPPED, COPY, INPUT, Claim
from lstm_toys.studies.claims.declaration import NETWORKS
from lstm_toys.studies.claims.evidence import Evidence
from lstm_toys.studies.claims.verdicts import Judgment, Unsound, judge


class Model(NamedTuple):
    """What a copying model answers (`INPUT`, `TRUTH`, or both joined by "and"), and whether that is correct."""

    answers: str
    right: bool


def entry(
    claim: Claim,
    networks: Evidence,
    *,
    about: str,
    published: Evidence,
    nulls: Mapping[str, Evidence],
    controls: Mapping[str, Evidence],
    variants: Mapping[str, Evidence],
) -> dict[str, Any]:
    """Judges a claim, and returns everything that is reported as JSON; a number that is not finite becomes null.

    ``networks`` are the results that the claim is about, ``nulls`` results of models without a network, by name; for
    the others see `Claims`. Raises Unsound if a source is missing or the claim's function fails.
    """
    networks_say, published_says = judge(claim, networks), judge(claim, published)
    if networks_say is None:
        sources = " and ".join(f"{source.curves} of {source.population}" for source in claim.sources)
        raise Unsound(f"the results lack {sources}, or are not of as many networks each")
    if published_says is not None and np.isnan(published_says.numbers).all():
        published_says = None
    nulls_say, controls_say, variants_say = (
        {name: outcome for name, each in columns.items() if (outcome := judge(claim, each)) is not None}
        for columns in (nulls, controls, variants)
    )
    model = _model(claim, networks)
    return {
        "id": claim.id,
        "quote": claim.quote,
        "statistic": claim.statistic,
        "threshold": {"low": finite(claim.low), "high": finite(claim.high), "against": claim.against},
        "meets": claim.meets,
        **_population(networks_say),
        "published": None
        if published_says is None
        else _single(published_says) | {"below": _below(published_says, {NETWORKS: networks_say, **variants_say})},
        "null": {name: _single(outcome) | {"answers": model.answers} for name, outcome in nulls_say.items()},
        "controls": {name: _population(outcome) for name, outcome in controls_say.items()},
        "variants": {
            name: _population(outcome) | _difference(outcome, networks_say) for name, outcome in variants_say.items()
        },
        "remarks": [*remarks(claim, networks_say, nulls_say, model, controls_say, about)],
    }


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
    verdict = networks.verdict
    met = [name for name, outcome in nulls.items() if outcome.meets.all()]
    copied = model.answers == INPUT
    names = {COPY: "a copy of the input", CLIPPED: "a clipped copy of the input"}
    if not copied:
        names = {COPY: f"the {model.answers}", CLIPPED: f"the {model.answers} clipped to (-1, 1)"}
    if met and verdict == "refuted":
        name = COPY if COPY in met else CLIPPED
        does = f"do what a {name} does" if copied else "answer that"
        yield f"{names[name]} meets it: the networks do not {does}"
    elif COPY in met and claim.learned and model.right:
        yield f"{names[COPY]} is what is to be learned"
    elif COPY in met and copied:
        said = {"supported": "says nothing", "undecided": "supported, it would say nothing"}[verdict]
        yield f"{names[COPY]} meets it: {said} about {about}"
    elif met:
        said = {"supported": "needs no more than", "undecided": "supported, it would need no more than"}[verdict]
        yield f"{names[met[0]]} meets it: {said} {'right answers' if COPY in met else 'answers within (-1, 1)'}"
    too = {"supported": "meet it too", "refuted": "meet it, these networks do not", "undecided": "meet it"}[verdict]
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
        "excluded": list(outcome.excluded),
        "meaningless": outcome.meaningless,
        "against_per_seed": None if outcome.theirs is None else _listed(outcome.theirs),
        "beside": {
            what: {"median": finite(estimate.value), "median_interval": _interval(estimate)}
            for what, estimate in outcome.baselines.items()
        },
    }


def _difference(outcome: Judgment, networks: Judgment) -> dict[str, Any]:
    """The share of a variant's networks that meet the claim minus the share of the networks."""
    difference = intervals.difference(outcome.share, networks.share)
    return {"difference": finite(difference.value), "difference_interval": _interval(difference)}


def _below(published: Judgment, others: Mapping[str, Judgment]) -> dict[str, list[int]]:
    """By column, how many networks have a lower number than the published one, and how many have a number."""
    return {
        name: [int((outcome.numbers < published.numbers[0]).sum()), int((~np.isnan(outcome.numbers)).sum())]
        for name, outcome in others.items()
    }


def _single(outcome: Judgment) -> dict[str, Any]:
    """The entry of a single model: a published network, or a model without a network."""
    return {
        "value": finite(outcome.numbers[0]),
        "meets": bool(outcome.meets[0]),
        "beside": {what: finite(estimate.value) for what, estimate in outcome.baselines.items()},
    }


def _listed(numbers: Float[np.ndarray, " S"]) -> list[float | None]:
    return [finite(number) for number in numbers.tolist()]


def _interval(estimate: Estimate) -> list[float | None] | None:
    return None if np.isnan(estimate.low) else [finite(estimate.low), finite(estimate.high)]
