"""Whether the post's conclusions hold: a table of all, and what was found about each."""

import re
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
    supported, turned = entry.verdict == "supported", turns(entry)
    share, low, high = entry.share
    shares = [f"{share:.0%} ({100 * low:.0f}–{high:.0%}){' of pairs' * bool(entry.against)}"]
    shares += [f"new recipes: {cell.share.value:.0%}" for cell in entry.recipes.values()]
    notes = ["only says that a task was learned"] * (supported and declared.learned)
    notes += ["also for most untrained networks"] * (supported and untrained)
    curves = dict.fromkeys(source.curves for source in declared.sources if source.population == "sine")
    return {
        **{name: getattr(entry, name) for name in ("id", "statement", "origin", "statistic", "verdict", "meets")},
        "share": share,
        "words": lt.claims.sentences(entry),
        "verdict_words": VERDICTS[entry.verdict],
        "learned": declared.learned,
        "untrained": untrained,
        "turns": turned,
        "notes": ["; ".join(shares), *notes] + [f"↺ changes with {', '.join(turned)}"] * bool(turned),
        "drawing": charts.drawing(entry),
        "curves": [*curves],
    }


def turns(entry: Any) -> list[str]:
    """Lists what gives another verdict: more or less training, other cells or readouts, new recipes."""
    others = {name: cell for name, cell in entry.variants.items() if cell.counted and cell.verdict != entry.verdict}
    cells = dict.fromkeys(re.split(" as large| at equal", name)[0] for name in others)
    drawn = any(lt.claims.verdict(cell.share) != entry.verdict for cell in entry.recipes.values())
    moments = {moment.verdict_at_once for moment in entry.during.values()}
    return ["training"] * (len(moments) > 1) + [*cells] + ["new recipes"] * drawn
