"""Computes what is reported about a paper, from the runs of its networks."""

from typing import TYPE_CHECKING, Any

import numpy as np

import lstm_toys as lt
from lstm_toys.results import storage
from lstm_toys.results.summary import as_json, finite

if TYPE_CHECKING:
    from .study import PaperStudy


def scores(study: "PaperStudy") -> dict[str, Any]:
    """What is known about the claims of a paper.

    Returns:
        ``claims``: by claim its verdict, and ``random``: how many random networks of each scale meet it;
        ``numbers``: by population, the number of each network that the figure shows, None if it diverged;
        ``inside``: by population and measured quantity, how many networks have it, and their median with a 95 %
        bootstrap interval, or of booleans the share of networks with Wilson's.
    """
    paper, networks = study.paper, study.networks
    random = study.random.metrics["claims"]
    verdicts = study.judged.metrics["verdicts"]
    measure, populations = paper.inside
    return {
        "claims": {claim: {"verdict": verdict, "random": random.get(claim)} for claim, verdict in verdicts.items()},
        "numbers": {name: _numbers(study, name) for name in paper.shown},
        "inside": {
            name: {what: summary(values) for what, values in measure(lt.load(networks[name].run.folder)).items()}
            for name in populations
        },
    }


def _numbers(study: "PaperStudy", population: str) -> list[float | None]:
    results = storage.load_results(study.networks[population].run.checked("results.nc"))
    values = np.where(results.diverged.values, np.nan, study.paper.number(results))
    return [finite(each) for each in values.tolist()]


def summary(values: np.ndarray) -> dict[str, Any]:
    """How many networks have a number, and its median over them; of booleans, the share that is true."""
    if values.dtype == bool:
        share, low, high = lt.wilson(int(values.sum()), len(values))
        return {"networks": len(values), "share": share, "low": low, "high": high}
    known = values[np.isfinite(values)]
    return {"networks": len(known), **as_json(lt.median_bootstrap(known))}
