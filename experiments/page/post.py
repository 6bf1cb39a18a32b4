"""Whether the post's conclusions hold: a table of all, and what was found about each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import lstm_toys as lt

from ..post.claims import CLAIMS
from . import charts
from .build import PartContent
from .runs import FinishedRun, judged

VERDICTS = {"supported": "It holds", "refuted": "It does not hold", "undecided": "It is not decided"}


def make(runs: Mapping[str, FinishedRun]) -> PartContent | None:
    """Makes the table of conclusions from the finished run of claims; None without it."""
    return lay_out(entries, runs["claims"].command) if (entries := judged(runs)) else None


def lay_out(entries: Sequence[Any], command: str) -> PartContent:
    """Makes the table from the rows of claims, and the command that judged them."""
    claims = [claim(entry) for entry in entries]
    supported = [row for row in claims if row["verdict"] == "supported"]
    return PartContent(
        {
            "counts": Counter(row["verdict"] for row in claims),
            "untrained": sum(row["untrained"] for row in supported),
            "learned": sum(row["learned"] for row in supported),
            "seeds": entries[0].seeds,
            "claims": sorted(claims, key=lambda row: row["share"]),
            "command": command,
        }
    )


def claim(entry: Any) -> dict[str, Any]:
    """Prepares a claim for the template."""
    declared = next(candidate for candidate in CLAIMS.claims if candidate.id == entry.id)
    untrained = any(
        name == "untrained networks" and control.verdict == "supported" for name, control in entry.controls.items()
    )
    turns = len({moment.verdict_at_once for moment in entry.during.values()}) > 1
    notes = ["also for most untrained networks"] * (entry.verdict == "supported" and untrained)
    curves = dict.fromkeys(source.curves for source in declared.sources if source.population == "sine")
    return {
        **{name: getattr(entry, name) for name in ("id", "statement", "origin", "statistic", "verdict", "meets")},
        "share": entry.share.value,
        "words": lt.claims.sentences(entry),
        "verdict_words": VERDICTS[entry.verdict],
        "learned": declared.learned,
        "untrained": untrained,
        "turns": turns,
        "notes": notes + ["↺ changes with training"] * turns,
        "drawing": charts.drawing(entry),
        "curves": [*curves],
    }
