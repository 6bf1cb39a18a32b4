"""Compares what several samples of the same question say about the hypotheses of `experiments.research`.

Networks of one seed begin with the same weights on every processor. Before networks had the same bits everywhere,
rounding made other networks of them, so results that were published then are further samples, trained by the same
definitions. Verdicts of samples together resample seeds: a seed brings its networks of all samples. Needs a clone with
its history. Fills the tables of `docs/horizons.md`.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from experiments.research.horizons import hypotheses, measures

from .numbers import ROOT, with_table

EARLIER = "f211f6b0", "bea4caac"
"""Commits with earlier samples; the first has the networks for which the hypotheses were declared."""

HEADER = "| | declared sample | other processor | same bits everywhere | pooled |"

PAGE = ROOT / "docs" / "horizons.md"

Populations = dict[str, dict[str, Any]]


def sample(commit: str | None = None) -> Populations:
    """The published numbers of all networks, as they are or as they were in a commit."""
    path = "results/horizons/metrics.json"
    command = ["git", "-C", str(ROOT), "show", f"{commit}:{path}"]
    text = subprocess.run(command, capture_output=True, check=True).stdout if commit else (ROOT / path).read_bytes()
    populations: Populations = json.loads(text)["numbers"]["populations"]
    return populations


def joined(values: Sequence[Any]) -> Any:
    """The numbers of all networks of several samples, of which every list has an element per network."""
    first = values[0]
    if isinstance(first, dict):
        return {name: joined([value[name] for value in values]) for name in first}
    return list(chain(*values)) if isinstance(first, list) else first


def reaching(samples: Sequence[Populations]) -> Populations:
    """Per seed, the shortest horizon of all its networks with hard gates, and the longest of those with a sigmoid."""
    bound = {"hard": np.min, "sigmoid": np.max}
    return {
        name: {**row, "horizon": bound[gates]([measures.numbers(each[name]["horizon"]) for each in samples], axis=0)}
        for gates in bound
        for name in hypotheses.parities(gates)
        for row in [samples[0][name]]
    }


def judged(samples: Sequence[Populations], counts: measures.Counts) -> dict[str, Any]:
    """Judges the networks of samples together; ``counts`` say how often each resample draws each seed."""
    results, counts = joined(samples), np.tile(counts, len(samples))
    tests = hypotheses.verdicts(results, counts)
    return measures.adjusted({**tests, "H5": hypotheses.closes(reaching(samples))})  # Which counts seeds.


def words(test: dict[str, Any], declared: dict[str, Any]) -> str:
    """The verdict on a hypothesis and the numbers that decide it, unless they are those of the declared sample."""
    if test is not declared and {**test, "adjusted p": 0} == {**declared, "adjusted p": 0}:
        return "the same"
    if not test.get("recipes", True):
        return "untestable"
    numbers = [
        f"{name} {row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
        for key, name in {"skill": "skill", "concordance": "C", "slope": "slope"}.items()
        if (row := test.get(key))
    ]
    if "reach K" in test:
        hard, sigmoid = (100 * test["reach K"][gates]["seeds"]["median"] for gates in ("hard", "sigmoid"))
        numbers = [f"all networks of {hard:.0f} % of seeds, any of {sigmoid:.0f} %"]
    elif "also" in test:
        numbers = [f"{sum(row['met'] for row in test['recipes'].values())} of {len(test['recipes'])} recipes"]
    verdict = "supported" if test["supported"] else "inconclusive"
    return f"{verdict}: {', '.join(numbers)}, p {test['adjusted p']:.2g}"


def main() -> None:
    """Fills the table of hypotheses by sample."""
    samples = [*(sample(commit) for commit in EARLIER), sample()]
    counts = measures.resampled(len(next(iter(samples[0].values()))["horizon"]))
    declared, *others = [judged(group, counts) for group in (*([each] for each in samples), samples)]
    lines = [HEADER, "|---" * (2 + len(others)) + "|"]
    for name in declared:
        cells = [words(tests[name], declared[name]) for tests in (declared, *others)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    PAGE.write_text(with_table(PAGE.read_text(), lines))


if __name__ == "__main__":
    main()
