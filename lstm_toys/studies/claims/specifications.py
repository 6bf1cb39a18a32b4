"""Verdicts under other choices: which of these choices turn the verdict of a claim, and which leave it undecided?

The method is known as multiverse analysis (Steegen, Tuerlinckx, Gelman and Vanpaemel, 2016) and specification curves
(Simonsohn, Simmons and Nelson, 2020). Training choices give other networks; analysis choices give other thresholds, or
other numbers, for the same networks. Specifications are a grid and not a sample, so there is a range over them, and no
interval.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from lstm_toys.results.summary import finite
from lstm_toys.statistics.intervals import Estimate
from lstm_toys.studies.claims.choices import COMBINATION, Specification
from lstm_toys.studies.claims.declaration import Claim, Verdict, verdict
from lstm_toys.studies.claims.evidence import Evidence
from lstm_toys.studies.claims.verdicts import judge
from lstm_toys.tasks.parameters import HISTORY, TRAINING

LEARNED, SHOWN = 0.9, 0.5
"""Smallest share of networks that meet the goal of their task with which a specification counts, and is shown."""

FEWEST = 5
"""Fewest networks that a share is computed from."""

TURNING = 0.1
"""Largest share of the combinations of choices that turn a robust verdict."""

OPPOSITE: dict[Verdict, Verdict] = {"supported": "refuted", "refuted": "supported"}

THRESHOLD = "threshold"
"""The kind of other thresholds; other numbers have kinds of their own, see `Claim`."""


def about_learning(claim: Claim) -> bool:
    """Whether a claim is about what is, or is not, learned, and so also about networks that did not learn."""
    curves = {source.curves for source in claim.sources}
    return claim.learned or (claim.fails and curves <= {TRAINING, HISTORY})


def by_training(claim: Claim, specification: Specification, results: Evidence) -> dict[str, Any] | None:
    """Judges a claim by the networks of a specification; None if these lack one of its sources.

    Unless the claim is about learning, only networks that meet the goal of their task count, and the specification
    counts only if most networks do; see `LEARNED`.
    """
    outcome = judge(claim, results, only_learned=not about_learning(claim))
    if outcome is None:
        return None
    own = [results[name] for name in claim.populations]
    learned = min(float(each.learned.mean()) for each in own)
    losses = own[0][TRAINING].train_loss.isel(step=-1).values
    losses = losses[np.isfinite(losses)]
    enough = about_learning(claim) or learned >= LEARNED
    state = "judged" if enough else "shown" if learned >= SHOWN else "unlearned"
    return {
        **_level(specification.kind, specification.name, outcome.share, outcome.counted, state),
        "choices": {**specification.choices},
        "counted": outcome.counted,
        "learned": learned,
        "loss": float(np.median(losses)) if len(losses) else None,
    }


def by_analysis(claim: Claim, networks: Evidence) -> Iterator[dict[str, Any]]:
    """Yields the judgments of the same networks by the claim's other thresholds, and by its alternative numbers."""
    for other in claim.others:
        if (outcome := judge(other, networks)) is not None:
            ends = {"low": finite(other.low), "high": finite(other.high)}
            yield _level(THRESHOLD, other.meets, outcome.share, outcome.counted) | ends
    for (kind, name), other in claim.renumbered.items():
        if (outcome := judge(other, networks)) is not None:
            per_seed = [*map(finite, outcome.numbers.tolist())]
            yield _level(kind, name, outcome.share, outcome.counted) | {"per_seed": per_seed}


def _level(kind: str, name: str, share: Estimate, counted: int, state: str = "judged") -> dict[str, Any]:
    """The judgment of ``counted`` networks under a choice; ``state`` is what it is if these are enough."""
    value, *interval = map(finite, share)
    enough = state if counted >= FEWEST and value is not None else "few"
    return {"name": name, "kind": kind, "state": enough, "share": value, "interval": interval}


def entry(
    claim: Claim,
    judged: Mapping[str, Any],
    trained: Sequence[Mapping[str, Any]],
    analyzed: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The entry of a claim in ``specifications.json``.

    It is made of the claim's entry in ``claims.json``, and of its judgments by training and by analysis.

    Each choice has a verdict of its own, by the rule of all verdicts; see `verdict`. A choice turns the claim's verdict
    if its own is the opposite one. A verdict is robust if no choice turns it; of the combinations, up to `TURNING` may.
    Choices under which it is undecided do not count against it. An undecided verdict has no opposite: ``robust`` is
    None.
    """
    found, kinds = judged["verdict"], dict[str, list[Mapping[str, Any]]]()
    for each in (*trained, *analyzed):
        kinds.setdefault(each["kind"], []).append(each)
    known = {kind: [each for each in levels if each["state"] == "judged"] for kind, levels in kinds.items()}

    def named(wanted: Verdict | None) -> dict[str, list[str]]:
        return {
            kind: [each["name"].removeprefix(f"{kind}: ") for each in levels if own_verdict(each) == wanted]
            for kind, levels in known.items()
        }

    sided = found in OPPOSITE and any(known.values())
    turning, undecided = (named(wanted if sided else None) for wanted in (OPPOSITE.get(found), "undecided"))
    depends = {
        kind: names
        for kind, names in turning.items()
        if len(names) > (TURNING * len(known[kind]) if kind == COMBINATION else 0)
    }
    return {
        "id": claim.id,
        "quote": claim.quote,
        "verdict": found,
        "meets": claim.meets,
        "share": judged["share"],
        "robust": not depends if sided else None,
        "depends": depends,
        "undecided": {kind: names for kind, names in undecided.items() if names},
        "levels": {
            kind: {
                "tried": len(levels),
                "judged": len(known[kind]),
                "turning": len(turning[kind]),
                "undecided": len(undecided[kind]),
            }
            for kind, levels in kinds.items()
        },
        "ranges": {
            kind: [end(each["share"] for each in levels) for end in (min, max)]
            for kind, levels in known.items()
            if levels
        },
        "trained": [*trained],
        "thresholds": [each for each in analyzed if each["kind"] == THRESHOLD],
        "alternatives": [each for each in analyzed if each["kind"] != THRESHOLD],
        "reasons": [claim.thresholds.smallest, claim.thresholds.largest] if claim.thresholds else [],
    }


def own_verdict(level: Mapping[str, Any]) -> Verdict:
    """The verdict under a choice, by its own interval."""
    return verdict(Estimate(*(np.nan if each is None else each for each in (level["share"], *level["interval"]))))
