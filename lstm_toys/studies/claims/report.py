"""What is told of a claim: one entry of ``claims.json``, and the table for people."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from lstm_toys.results.summary import finite
from lstm_toys.statistics import tables
from lstm_toys.statistics.intervals import Estimate
from lstm_toys.studies.claims.claim import Claim
from lstm_toys.studies.claims.evidence import Evidence
from lstm_toys.studies.claims.verdicts import Outcome, judge

COPY, CLIPPED = "copy", "clipped copy"
"""The models without an LSTM that claims are tried on."""

VERDICTS = ("supported", "refuted", "undecided")

LEGEND = """\
A claim is supported where the interval of the share lies above one half, refuted where it lies below, else undecided.
The interval is Wilson's; where the claim holds one population against another, the share is the probability that a
network's number is above that of one of the other, with a bootstrap interval, which medians have too. The post's own
value is the same statistic on its published answers; *copy* answers what it is shown, *clipped copy* that within
(-1, 1), which is all that a last layer of LSTM units can answer; ✓ meets the claim, ✗ does not. The other columns are
shares of networks under other conditions."""


def entry(
    claim: Claim,
    networks: Evidence,
    *,
    post: Evidence,
    nulls: Mapping[str, Evidence],
    controls: Mapping[str, Evidence],
    variants: Mapping[str, Evidence],
) -> dict[str, Any]:
    """Everything that is told of a claim, as JSON has it; a number that is not finite is null.

    Args:
        claim: to judge.
        networks: trained as the experiments' defaults say.
        post: the post's own answers.
        nulls: models without an LSTM, by name.
        controls: networks that were not trained, or on something else, by name.
        variants: networks of other shapes and budgets, by name.

    Raises:
        ValueError: the networks' results lack what the claim is about.
    """
    networks_say, post_says = judge(claim, networks), judge(claim, post)
    if networks_say is None:
        raise ValueError(f"{claim.id}: the results lack {claim.sources}")
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
        "post": None if post_says is None or np.isnan(post_says.numbers).all() else _single(claim, post_says),
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
    """What a population of one says: the post's network, or a model without an LSTM."""
    return {
        "value": finite(outcome.numbers[0]),
        "meets": bool(claim.met(outcome.numbers)[0]),
        "beside": {what: finite(estimate.value) for what, estimate in outcome.beside.items()},
    }


def _listed(numbers: Float[np.ndarray, " S"]) -> list[float | None]:
    return [finite(number) for number in numbers.tolist()]


def _interval(estimate: Estimate) -> list[float] | None:
    return [estimate.low, estimate.high] if np.isfinite(estimate.low) else None


def markdown(entries: list[dict[str, Any]], conditions: str) -> str:
    """The table for people.

    Args:
        entries: of all claims.
        conditions: how the networks were made, one line.
    """
    lines = ["# The claims of the post", "", conditions, ""]
    names = list(dict.fromkeys(name for each in entries for name in (*each["controls"], *each["variants"])))
    nulls = list(dict.fromkeys(name for each in entries for name in each["null"]))
    head = ["claim", "verdict", "share of networks (95 % interval)", "median (95 % interval)", "met", "the post's own"]
    lines += ["| " + " | ".join([*head, *nulls, *names]) + " |", "|" + "---|" * (len(head) + len(nulls) + len(names))]
    for each in entries:
        cells = [
            f"[{each['id']}](#{each['id']})",
            f"**{each['verdict']}**",
            f"{percent(each['share'])} {percents(each['interval'])}",
            f"{tables.number(each['median'])} {numbers(each['median_interval'])}",
            each["meets"],
            _value(each["post"]),
            *(_value(each["null"].get(name)) for name in nulls),
            *(_share({**each["controls"], **each["variants"]}.get(name)) for name in names),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", LEGEND]
    for each in entries:
        lines += [
            "",
            f"### {each['id']}",
            "",
            f"> {each['quote']}",
            "",
            f"- {each['statistic']}; {each['meets']}.",
        ]
        lines += [f"- But {remark}." for remark in each["remarks"]]
        lines += [
            f"- Beside it, {what}: {tables.number(told['median'])} {numbers(told['median_interval'])}"
            + (f"; the post's own: {tables.number(each['post']['beside'][what])}." if each["post"] else ".")
            for what, told in each["beside"].items()
        ]
        if each["diverged"]:
            what = "left out" if each["excluded"] else "counted as not meeting it"
            lines.append(f"- Diverged, {what}: seeds {', '.join(map(str, each['diverged']))}.")
    return "\n".join(lines) + "\n"


def numbers(interval: list[float] | None) -> str:
    """An interval of numbers as tables have it."""
    return "" if interval is None else f"({tables.number(interval[0])} to {tables.number(interval[1])})"


def percent(share: float | None) -> str:
    """A share as tables have it."""
    return "–" if share is None else f"{share:.0%}"


def percents(interval: list[float] | None) -> str:
    """An interval of shares as tables have it."""
    return "" if interval is None else f"({100 * interval[0]:.0f}–{interval[1]:.0%})"


def _value(single: dict[str, Any] | None) -> str:
    return "" if single is None else f"{tables.number(single['value'])} {'✓' if single['meets'] else '✗'}"


def _share(population: dict[str, Any] | None) -> str:
    return "" if population is None else f"{percent(population['share'])}, {population['verdict']}"
