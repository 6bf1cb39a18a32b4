"""Computes what is reported about a paper, from the runs of its networks."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

import lstm_toys as lt
from lstm_toys.figures import Drawing
from lstm_toys.files import read_json_list
from lstm_toys.results import storage
from lstm_toys.results.summary import as_json, finite
from lstm_toys.runs import source
from lstm_toys.runs.folder import Run
from lstm_toys.studies.analysis.ask import Keep
from lstm_toys.studies.claims.figures import drawings

from . import report
from .paper import Measure, Paper


def inside(measure: Measure, needs: Mapping[str, Run], keep: Keep) -> dict[str, Any]:
    """What was measured of the networks of each population.

    Returns:
        By population and measured quantity, how many networks have it, and their median with a 95 % bootstrap interval,
        or of booleans the share of networks with Wilson's.
    """

    def measured(run: Run) -> dict[str, Any]:
        return {what: summary(each) for what, each in measure(lt.load(run.folder)).items()}

    code = source.digest(measure.__module__)
    return {
        "inside": {
            name: keep(f"looked into {name}", [name, run, code, measure.__name__], partial(measured, run))
            for name, run in needs.items()
        }
    }


def score(paper: Paper, needs: Mapping[str, Run]) -> dict[str, Any]:
    """What is known about the claims of a paper.

    Args:
        paper: the paper.
        needs: the runs of the ``claims``, of the ``random`` networks, of what is ``inside`` networks, and of the
            populations of the figure by name.

    Returns:
        ``claims``: by claim the share of the ``counted`` networks that meet it, with its interval and verdict;
        ``random``, how many random networks of each scale meet it; and ``variants``, the same as of the networks by
        name of the variant, where it was judged;
        ``numbers``: by population, the number of each network that the figure shows, None if it diverged;
        ``inside``: what `inside` returned.
    """
    random = needs["random"].read_metrics()["claims"]
    entries = read_json_list(needs["claims"].checked("claims.json"))
    return {
        "claims": {
            each["id"]: {
                **_judged(each),
                "random": random.get(each["id"]),
                "variants": {name: _judged(own) for name, own in each["variants"].items()},
            }
            for each in entries
        },
        "numbers": {name: _numbers(paper, needs[name]) for name in paper.shown},
        "inside": needs["inside"].read_metrics()["inside"],
        "sources": paper.sources,
        "open": paper.open,
    }


def files(paper: Paper, metrics: Mapping[str, Any], needs: Mapping[str, Run]) -> dict[str, str]:
    """The report on a paper as Markdown."""
    judged = needs["claims"].checked("claims.md").read_text(encoding="utf-8")
    return {"paper.md": report.markdown(paper, metrics, judged)}


def draw(paper: Paper, metrics: Mapping[str, Any], needs: Mapping[str, Run]) -> dict[str, Drawing]:
    """Draws the finding, and the figures of the claims."""
    return {"finding.png": paper.draw(metrics), **drawings(read_json_list(needs["claims"].checked("claims.json")))}


def _judged(networks: Mapping[str, Any]) -> dict[str, Any]:
    return {what: networks[what] for what in ("share", "interval", "verdict", "counted")}


def _numbers(paper: Paper, run: Run) -> list[float | None]:
    results = storage.load_results(run.checked("results.nc"))
    values = np.where(results.diverged.values, np.nan, paper.number(results))
    return [finite(each) for each in values.tolist()]


def summary(values: np.ndarray) -> dict[str, Any]:
    """How many networks have a number, and its median over them; of booleans, the share that is true."""
    if values.dtype == bool:
        share, low, high = lt.wilson(int(values.sum()), len(values))
        return {"networks": len(values), "share": share, "low": low, "high": high}
    known = values[np.isfinite(values)]
    return {"networks": len(known), **as_json(lt.median_bootstrap(known))}
