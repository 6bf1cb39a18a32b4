"""Verdicts under other choices: does the share of networks that meet a claim stay on its side of one half?

The method is known as multiverse analysis (Steegen, Tuerlinckx, Gelman and Vanpaemel, 2016) and specification curves
(Simonsohn, Simmons and Nelson, 2020). Training choices give other networks, analysis choices other thresholds for the
same networks. Specifications are a grid and not a sample, so there is a range over them, and no interval.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from lstm_toys.results.summary import finite
from lstm_toys.runs.experiment import HISTORY, TRAINING
from lstm_toys.statistics.intervals import wilson
from lstm_toys.studies.claims.choices import COMBINATION, Specification
from lstm_toys.studies.claims.declaration import Claim
from lstm_toys.studies.claims.evidence import Evidence
from lstm_toys.studies.claims.verdicts import judge

LEARNED, SHOWN = 0.9, 0.5
"""Smallest share of networks that meet the goal of their task with which a specification counts, and is shown."""

FEWEST = 5
"""Fewest networks that a share is computed from."""

KEPT = 0.9
"""Smallest share of the combinations of choices in which a robust verdict stays."""

THRESHOLD = "threshold"
"""The kind of all analysis choices."""


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
    losses = own[0].train_loss.isel(step=-1).values
    losses = losses[np.isfinite(losses)]
    share, *interval = map(finite, outcome.share)
    enough = about_learning(claim) or learned >= LEARNED
    state = "few" if outcome.counted < FEWEST else "judged" if enough else "shown" if learned >= SHOWN else "unlearned"
    return {
        "name": specification.name,
        "choices": {**specification.choices},
        "kind": specification.kind,
        "state": state,
        "share": share,
        "interval": interval,
        "counted": outcome.counted,
        "learned": learned,
        "loss": float(np.median(losses)) if len(losses) else None,
    }


def by_threshold(claim: Claim, entry: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the judgments of the networks in an entry of ``claims.json`` by the claim's other thresholds."""
    numbers = np.array(entry["per_seed"], float)
    for other in claim.others:
        share, *interval = map(finite, wilson(int(other.met(numbers).sum()), entry["counted"]))
        yield {
            "name": other.meets,
            "kind": THRESHOLD,
            "low": finite(other.low),
            "high": finite(other.high),
            "state": "judged" if entry["counted"] >= FEWEST else "few",
            "share": share,
            "interval": interval,
        }


def entry(claim: Claim, judged: Mapping[str, Any], trained: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The entry of a claim in ``specifications.json``, from its entry in ``claims.json`` and other trainings.

    It is robust if the share stays on the verdict's side of one half at every level of every kind of choice, and in
    `KEPT` of the combinations. An undecided verdict has no side: ``robust`` is None.
    """
    verdict, thresholds = judged["verdict"], [*by_threshold(claim, judged)]

    def stays(share: float) -> bool:
        return share > 0.5 if verdict == "supported" else share < 0.5

    kinds: dict[str, list[Mapping[str, Any]]] = {}
    for each in (*trained, *thresholds):
        if each["state"] == "judged":
            kinds.setdefault(each["kind"], []).append(each)
    turns = {
        kind: [each["name"].removeprefix(f"{kind}: ") for each in levels if not stays(each["share"])]
        for kind, levels in kinds.items()
    }
    combined = len(kinds.get(COMBINATION, ()))
    kept = combined - len(turns.get(COMBINATION, ()))
    depends = {
        kind: names for kind, names in turns.items() if names and (kind != COMBINATION or kept < KEPT * combined)
    }
    sided = verdict != "undecided" and bool(kinds)
    return {
        "id": claim.id,
        "quote": claim.quote,
        "verdict": verdict,
        "meets": claim.meets,
        "share": judged["share"],
        "robust": not depends if sided else None,
        "depends": depends if sided else {},
        "combinations": [kept if sided else 0, combined],
        "ranges": {kind: [f(each["share"] for each in levels) for f in (min, max)] for kind, levels in kinds.items()},
        "trained": [*trained],
        "thresholds": thresholds,
        "reasons": [claim.thresholds.smallest, claim.thresholds.largest] if claim.thresholds else [],
    }
