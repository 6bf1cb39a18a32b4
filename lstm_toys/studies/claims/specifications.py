"""Verdicts under other choices: which of these choices turn the verdict of a claim, and which leave it undecided?

The method is known as multiverse analysis (Steegen, Tuerlinckx, Gelman and Vanpaemel, 2016) and specification curves
(Simonsohn, Simmons and Nelson, 2020). Training choices give other networks; analysis choices give other thresholds, or
other numbers, for the same networks. Specifications are a grid and not a sample, so there is a range over them, and no
interval.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from lstm_toys.statistics.intervals import Estimate, wilson
from lstm_toys.studies.claims.choices import BASE_SEED, COMBINATION, Specification
from lstm_toys.studies.claims.declaration import Claim, Verdict
from lstm_toys.studies.claims.entries import (
    Choice,
    Counts,
    Judgment,
    Robustness,
    Share,
    Standing,
    State,
    decided,
    end,
    interval,
)
from lstm_toys.studies.claims.evidence import Evidence
from lstm_toys.studies.claims.verdicts import judge
from lstm_toys.tasks.parameters import TRAINING

LEARNED, SHOWN = 0.9, 0.5
"""Smallest share of networks that meet the goal of their task with which a specification counts, and is shown."""

FEWEST = 5
"""Fewest networks that a share is computed from."""

TESTED, AGREEING = 0.5, 0.8
"""Smallest share of the choices that have to be judged, and of these that have to agree, for a replicated verdict."""

TURNING = 0.1
"""Largest share of the combinations of choices that may turn a verdict which does not depend on them."""

OPPOSITE: dict[Verdict, Verdict] = {
    "supported": "refuted",
    "refuted": "supported",
    "ours higher": "theirs higher",
    "theirs higher": "ours higher",
}

THRESHOLD = "threshold"
"""The kind of other thresholds; other numbers have kinds of their own, see `Claim`."""


def by_training(claim: Claim, specification: Specification, results: Evidence, judgment: Judgment) -> Choice:
    """Reports the judgment of a claim by the networks of a specification.

    Unless the claim is about learning, only networks that meet the goal of their task count, and the specification
    counts only if most networks do; see `LEARNED`.
    """
    own = [results[name] for name in claim.populations]
    learned = min(float(each.learned.mean()) for each in own)
    losses = own[0][TRAINING].train_loss.isel(step=-1).values
    losses = losses[np.isfinite(losses)]
    enough = claim.about_learning or learned >= LEARNED
    return _choice(
        claim,
        judgment,
        specification.kind,
        specification.name,
        "judged" if enough else "shown" if learned >= SHOWN else "unlearned",
        choices={**specification.choices},
        learned=learned,
        loss=float(np.median(losses)) if len(losses) else np.nan,
    )


def by_analysis(claim: Claim, networks: Evidence) -> Iterator[Choice]:
    """Yields the judgments of the same networks by the claim's other thresholds, and by its alternative numbers."""
    for other in claim.others:
        if (judgment := judge(other, networks)) is not None:
            yield _choice(other, judgment, THRESHOLD, other.meets, low=end(other.low), high=end(other.high))
    for (kind, name), other in claim.renumbered.items():
        if (judgment := judge(other, networks)) is not None:
            yield _choice(other, judgment, kind, name, per_seed=judgment.per_seed)


def _choice(claim: Claim, judgment: Judgment, kind: str, name: str, state: State = "judged", **more: Any) -> Choice:
    """The judgment of networks under a choice; ``state`` is what it is if these are enough."""
    enough = judgment.counted >= FEWEST and not np.isnan(judgment.share)
    more |= {"counted": judgment.counted, "bounds": judgment.bounds, "question": claim.higher is None}
    return Choice(name, kind, state if enough else "few", judgment.share, judgment.interval or [np.nan, np.nan], **more)


def robustness(
    claim: Claim, verdict: Verdict, share: float, trained: Sequence[Choice], analyzed: Sequence[Choice]
) -> Robustness:
    """Makes the entry of a claim in ``specifications.json`` of its verdict, and of judgments by training and analysis.

    Each choice has a verdict of its own, by the rule of all verdicts; see `verdict`. A choice turns the claim's verdict
    if its own is the opposite one; of the combinations, up to `TURNING` may. An undecided verdict has no opposite, so
    it has no level. The levels are defined in ``docs/claims.md``.
    """
    every = [*trained, *analyzed]
    known = [each for each in every if each.state == "judged"]
    sided = verdict in OPPOSITE
    turning = [each for each in known if sided and each.verdict == OPPOSITE[verdict]]
    undecided = [each for each in known if sided and each.verdict == "undecided"]
    groups = (every, known, turning, undecided)
    kinds = {
        kind: Counts(*(sum(each.kind == kind for each in group) for group in groups))
        for kind in dict.fromkeys(each.kind for each in every)
    }
    many = {kind: TURNING * each.judged if kind == COMBINATION else 0 for kind, each in kinds.items()}

    def named(group: Sequence[Choice], kinds: Iterable[str]) -> dict[str, list[str]]:
        return {kind: [each.name.removeprefix(f"{kind}: ") for each in group if each.kind == kind] for kind in kinds}

    agree = sum(each.verdict == verdict for each in known)
    depends = named(turning, [kind for kind, each in kinds.items() if each.turning > many[kind]])

    shares = {kind: [each.share for each in known if each.kind == kind] for kind in kinds}
    return Robustness(
        claim.id,
        claim.statement,
        verdict,
        claim.meets,
        share,
        level=_standing(claim, verdict, every, known, depends, agree) if sided else None,
        agree=agree if sided else 0,
        depends=depends,
        undecided=named(undecided, [kind for kind, each in kinds.items() if each.undecided]),
        kinds=kinds,
        ranges={kind: [min(each), max(each)] for kind, each in shares.items() if each},
        trained=[*trained],
        thresholds=[each for each in analyzed if each.kind == THRESHOLD],
        alternatives=[each for each in analyzed if each.kind != THRESHOLD],
        reasons=[claim.thresholds.smallest, claim.thresholds.largest] if claim.thresholds else [],
    )


def _standing(
    claim: Claim, verdict: Verdict, every: Sequence[Choice], known: Sequence[Choice], depends: object, agree: int
) -> Standing:
    """How well a verdict stands other choices, of which these are known, and this many agree."""
    if not known or len(known) < TESTED * len(every):
        return "not tested"
    if depends:
        return "depends"
    again = [each for each in known if each.kind == BASE_SEED]
    if not again or agree < AGREEING * len(known) or _pooled(claim, again) != verdict:
        return "not contradicted"
    return "replicated"


def _pooled(claim: Claim, choices: Sequence[Choice]) -> Verdict:
    """The verdict by the networks of several base seeds together; of pairs, by the mean of independent estimates."""

    def together(shares: Sequence[Share]) -> Share:
        counted = sum(each.counted for each in shares)
        if claim.against is None:
            found = wilson(sum(round(each.share * each.counted) for each in shares), counted)
        else:
            value, low, high = np.transpose([each.estimate for each in shares])
            below, above = (np.linalg.norm(each) / len(shares) for each in (value - low, high - value))
            found = Estimate(value.mean(), value.mean() - below, value.mean() + above)
        return Share(found.value, interval(found), counted)

    every = [[each.own, *(each.bounds or [each.own, each.own])] for each in choices]
    return decided([together(shares) for shares in zip(*every, strict=True)], question=claim.higher is None)
