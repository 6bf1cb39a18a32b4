"""Makes the entries of ``claims.json``, one per claim."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np

from lstm_toys.results.summary import finite
from lstm_toys.runs.context import Refused
from lstm_toys.statistics import intervals
from lstm_toys.studies.claims import evidence
from lstm_toys.studies.claims.declaration import CLIPPED, COPY, INPUT, NETWORKS, Claim, Counted, verdict
from lstm_toys.studies.claims.evidence import Evidence
from lstm_toys.studies.claims.verdicts import Judgment, judge


@dataclass(frozen=True)
class EvidenceTable:
    """The results that claims are judged by; ``nulls`` are models without a network, by name.

    With those of a variant stands which of its networks count; see `Variant`.
    """

    networks: Evidence
    published: Evidence = field(default_factory=dict)
    nulls: Mapping[str, Evidence] = field(default_factory=dict)
    controls: Mapping[str, Evidence] = field(default_factory=dict)
    variants: Mapping[str, tuple[Evidence, Counted]] = field(default_factory=dict)
    during: Mapping[int, Evidence] = field(default_factory=dict)


def entries(claims: Sequence[Claim], columns: EvidenceTable, about: str) -> list[dict[str, Any]]:
    """Returns all that is reported about claims as JSON; raises Refused if a source is missing or a function fails."""
    compared = [_compared(claim, columns) for claim in claims]
    confidences = [intervals.simultaneous(count) for count in (len(claims), sum(map(len, compared)))]
    return [
        _entry(claim, columns, variants, about, *confidences) for claim, variants in zip(claims, compared, strict=True)
    ]


def _compared(claim: Claim, columns: EvidenceTable) -> dict[str, tuple[Judgment, Judgment]]:
    """By variant, the judgments by its networks and by the networks that they are compared with."""
    found = {}
    for name, (results, networks) in columns.variants.items():
        if networks == "equal loss" and claim.learned:
            continue
        theirs = judge(claim, results, only_learned=networks != "all")
        ours = judge(claim, columns.networks, only_learned=networks == "learned")
        if theirs is not None and ours is not None:
            found[name] = theirs, ours
    return found


def _judged(claim: Claim, columns: Mapping[Any, Evidence]) -> dict[Any, Judgment]:
    return {name: judged for name, each in columns.items() if (judged := judge(claim, each)) is not None}


def _entry(
    claim: Claim,
    columns: EvidenceTable,
    variants: Mapping[str, tuple[Judgment, Judgment]],
    about: str,
    of_claims: float,
    of_differences: float,
) -> dict[str, Any]:
    if (ours := judge(claim, columns.networks)) is None:
        lacking = " and ".join(f"{source.curves} of {source.population}" for source in claim.sources)
        raise Refused(f"claim {claim.id}: the results lack {lacking}, or are not of as many networks each")
    alone = judge(claim, columns.published)
    published = None
    if alone is not None and not np.isnan(alone.numbers).all():
        published = _single(alone) | {"ranks": _ranks(claim, alone, columns, variants)}
    (answers, right), at_once = _copied(claim, columns.networks), ours.share_at(of_claims)
    controls = {} if claim.fails else _judged(claim, columns.controls)
    differences = {
        name: intervals.difference(*(each.share_at(of_differences) for each in pair)) for name, pair in variants.items()
    }
    entry = {
        "id": claim.id,
        "quote": claim.quote,
        "statistic": claim.statistic,
        "threshold": {"low": finite(claim.low), "high": finite(claim.high), "against": claim.against},
        "meets": claim.meets,
        **_population(ours),
        "simultaneous": {"interval": _interval(at_once), "verdict": verdict(at_once)},
        "published": published,
        "null": {name: _single(each) | {"answers": answers} for name, each in _judged(claim, columns.nulls).items()},
        "controls": {name: _population(each) for name, each in controls.items()},
        "variants": {
            name: _population(variants[name][0]) | _named("difference", each) for name, each in differences.items()
        },
        "during": _during(_judged(claim, columns.during)),
    }
    remarks = _remarks(entry, answers, about, expected=claim.learned and right)
    return entry | {"remarks": [*remarks, *_changes(entry["during"])]}


def _population(outcome: Judgment) -> dict[str, Any]:
    return {
        "per_seed": [*map(finite, outcome.numbers.tolist())],
        "share": finite(outcome.share.value),
        "interval": _interval(outcome.share),
        **_named("median", outcome.median),
        "verdict": outcome.verdict,
        "seeds": len(outcome.numbers),
        "counted": outcome.counted,
        "diverged": list(outcome.diverged),
        "unlearned": list(outcome.unlearned),
        "excluded": list(outcome.excluded),
        "meaningless": outcome.meaningless,
        "against_per_seed": None if outcome.theirs is None else [*map(finite, outcome.theirs.tolist())],
        "baselines": {what: _named("median", each) for what, each in outcome.baselines.items()},
    }


def _single(outcome: Judgment) -> dict[str, Any]:
    return {
        "value": finite(outcome.numbers[0]),
        "meets": bool(outcome.meets[0]),
        "baselines": {what: finite(estimate.value) for what, estimate in outcome.baselines.items()},
    }


def _ranks(
    claim: Claim, published: Judgment, columns: EvidenceTable, variants: Mapping[str, Any]
) -> dict[str, list[int]]:
    """Counts by column the networks with a lower number than the published one, an equal number, and any number."""
    every = {NETWORKS: columns.networks} | {name: columns.variants[name][0] for name in variants}
    known, value = columns.published, published.numbers[0]
    alike = {
        column: {name: evidence.alike(each, known[name]) for name, each in results.items() if name in known}
        for column, results in every.items()
    }
    return {
        name: [int(counted.sum()) for counted in (each.numbers < value, each.numbers == value, ~np.isnan(each.numbers))]
        for name, each in _judged(claim, alike).items()
    }


def _during(judged: Mapping[int, Judgment]) -> dict[str, Any] | None:
    if not judged:
        return None
    confidence = intervals.simultaneous(len(judged))
    shares = [outcome.share_at(confidence) for outcome in judged.values()]
    return {
        "steps": [*judged],
        "share": [finite(share.value) for share in shares],
        "interval": [_interval(share) for share in shares],
        "verdict": [verdict(share) for share in shares],
        "median": [finite(outcome.median.value) for outcome in judged.values()],
        "median_interval": [_interval(outcome.median) for outcome in judged.values()],
    }


def _changes(during: dict[str, Any] | None) -> Iterator[str]:
    if during is None or len(set(during["verdict"])) < 2:
        return
    pairs = zip(during["verdict"], during["steps"], strict=True)
    spans = [(name, [step for _, step in group]) for name, group in groupby(pairs, key=lambda each: each[0])]
    *earlier, (last, steps) = spans
    said = [f"{name} to {span[-1]:,}" for name, span in earlier]
    yield f"during training: {', '.join(said)}, {last} from {steps[0]:,} steps"


def _copied(claim: Claim, networks: Evidence) -> tuple[str, bool]:
    """What a copying model answers (`INPUT`, `TRUTH`, or both joined by "and"), and whether that is correct."""
    sets = [evidence.select(networks[source.population], source.curves) for source in claim.sources]
    curves = [each for each in sets if each is not None and "answer" in each]
    answers = dict.fromkeys(evidence.model(each) for each in curves)
    return " and ".join(answers), all(evidence.right(each) for each in curves)


def _remarks(entry: Mapping[str, Any], answers: str, about: str, *, expected: bool) -> Iterator[str]:
    """Yields caveats to a verdict if a model without a network or a control meets the claim.

    ``expected``: a copy is what the claim states was learned, so that it says nothing that the copy meets the claim.
    """
    judged = entry["verdict"]
    met = [name for name, single in entry["null"].items() if single["meets"] and not expected]
    copied = answers == INPUT
    names = {COPY: "a copy of the input", CLIPPED: "a clipped copy of the input"}
    if not copied:
        names = {COPY: f"the {answers}", CLIPPED: f"the {answers} clipped to (-1, 1)"}
    if met and judged == "refuted":
        name = COPY if COPY in met else CLIPPED
        does = f"do what a {name} does" if copied else "answer that"
        yield f"{names[name]} meets it: the networks do not {does}"
    elif COPY in met and copied:
        said = {"supported": "says nothing", "undecided": "if supported, it would say nothing"}[judged]
        yield f"{names[COPY]} meets it: {said} about {about}"
    elif met:
        said = {"supported": "needs no more than", "undecided": "if supported, it would need no more than"}[judged]
        yield f"{names[met[0]]} meets it: {said} {'right answers' if COPY in met else 'answers within (-1, 1)'}"
    too = {"supported": "meet it too", "refuted": "meet it, these networks do not", "undecided": "meet it"}[judged]
    yield from (f"{name} {too}" for name, control in entry["controls"].items() if control["verdict"] == "supported")


def _named(name: str, estimate: intervals.Estimate) -> dict[str, Any]:
    return {name: finite(estimate.value), f"{name}_interval": _interval(estimate)}


def _interval(estimate: intervals.Estimate) -> list[float | None] | None:
    return None if np.isnan(estimate.low) else [finite(estimate.low), finite(estimate.high)]
