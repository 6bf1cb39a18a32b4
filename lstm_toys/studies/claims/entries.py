"""What is told of a claim: one entry of ``claims.json``."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from lstm_toys.results.summary import finite
from lstm_toys.statistics.intervals import Estimate
from lstm_toys.studies.claims.claim import CLIPPED, COPY, Claim
from lstm_toys.studies.claims.evidence import Evidence
from lstm_toys.studies.claims.verdicts import Outcome, judge


def entry(
    claim: Claim,
    networks: Evidence,
    *,
    published: Evidence,
    nulls: Mapping[str, Evidence],
    controls: Mapping[str, Evidence],
    variants: Mapping[str, Evidence],
) -> dict[str, Any]:
    """Everything that is told of a claim, as JSON has it; a number that is not finite is null.

    Args:
        claim: to judge.
        networks: trained as the experiments' defaults say.
        published: published answers.
        nulls: models without an LSTM, by name.
        controls: networks that were not trained, or on something else, by name.
        variants: networks of other shapes and budgets, by name.

    Raises:
        ValueError: the networks' results lack what the claim is about.
    """
    networks_say, published_says = judge(claim, networks), judge(claim, published)
    if networks_say is None:
        raise ValueError(f"{claim.id}: the results lack {claim.sources}")
    if published_says is not None and np.isnan(published_says.numbers).all():
        published_says = None
    nulls_say, controls_say, variants_say = (
        {name: outcome for name, each in columns.items() if (outcome := judge(claim, each)) is not None}
        for columns in (nulls, controls, variants)
    )
    return {
        "id": claim.id,
        "quote": claim.quote,
        "statistic": claim.statistic,
        "threshold": {"low": finite(claim.low), "high": finite(claim.high), "against": claim.against},
        "meets": claim.meets,
        **_population(networks_say),
        "published": None if published_says is None else _single(claim, published_says),
        "null": {name: _single(claim, outcome) for name, outcome in nulls_say.items()},
        "controls": {name: _population(outcome) for name, outcome in controls_say.items()},
        "variants": {name: _population(outcome) for name, outcome in variants_say.items()},
        "remarks": remarks(claim, networks_say, nulls_say, controls_say, variants_say),
    }


def remarks(
    claim: Claim,
    networks: Outcome,
    nulls: Mapping[str, Outcome],
    controls: Mapping[str, Outcome],
    variants: Mapping[str, Outcome],
) -> list[str]:
    """What the verdict does not mean: that nothing else meets the claim, nor that it is the same for other networks."""
    met = [name for name, outcome in nulls.items() if claim.met(outcome.numbers).all()]
    said = []
    if COPY in met:
        said.append(
            "a copy of the input is what is to be learned"
            if claim.learned
            else "a copy of the input meets it: says nothing about LSTMs"
        )
    elif CLIPPED in met:
        said.append("a clipped copy of the input meets it: is only the tanh")
    said += [f"{name} meet it too" for name, outcome in controls.items() if outcome.verdict == "supported"]
    return said + [
        f"{outcome.verdict} with {name}" for name, outcome in variants.items() if outcome.verdict != networks.verdict
    ]


def _population(outcome: Outcome) -> dict[str, Any]:
    """What a population says."""
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
        "against_per_seed": None if outcome.theirs is None else outcome.theirs.tolist(),
        "beside": {
            what: {"median": finite(estimate.value), "median_interval": _interval(estimate)}
            for what, estimate in outcome.beside.items()
        },
    }


def _single(claim: Claim, outcome: Outcome) -> dict[str, Any]:
    """What a population of one says: a published network, or a model without an LSTM."""
    return {
        "value": finite(outcome.numbers[0]),
        "meets": bool(claim.met(outcome.numbers)[0]),
        "beside": {what: finite(estimate.value) for what, estimate in outcome.beside.items()},
    }


def _listed(numbers: Float[np.ndarray, " S"]) -> list[float | None]:
    return [finite(number) for number in numbers.tolist()]


def _interval(estimate: Estimate) -> list[float] | None:
    return [estimate.low, estimate.high] if np.isfinite(estimate.low) else None
