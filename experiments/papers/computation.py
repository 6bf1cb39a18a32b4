"""Computes what is reported about a paper, from the runs of its networks."""

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

import lstm_toys as lt
from lstm_toys.execution.lowering import Digests, digest
from lstm_toys.execution.signals import Stopped
from lstm_toys.files import read_json, write_json
from lstm_toys.results import storage
from lstm_toys.results.summary import as_json, finite
from lstm_toys.runs import source
from lstm_toys.runs.context import RunContext
from lstm_toys.studies.dynamics.computation import CODE

if TYPE_CHECKING:
    from .study import PaperStudy


def digests(study: "PaperStudy") -> Digests:
    """Digests of the runs, and of the code that looks into their networks."""
    paper = study.paper
    measure, populations = paper.inside
    modules = [inspect.getmodule(each) for each in (measure, paper.number)]
    return {
        "runs": digest([each.run.folder.name for each in study.needs.values()]),
        "words": digest([paper.sources, paper.open, dict(paper.shown), list(populations)]),
        "code of measures": digest([inspect.getsource(each) for each in modules if each is not None]),
        "code of dynamics": source.digest(*CODE),
    }


def scores(study: "PaperStudy", context: RunContext) -> dict[str, Any]:
    """What is known about the claims of a paper.

    What was measured of a population is kept, and is not measured again if the run is continued.

    Returns:
        ``claims``: by claim its verdict, and ``random``: how many random networks of each scale meet it;
        ``numbers``: by population, the number of each network that the figure shows, None if it diverged;
        ``inside``: by population and measured quantity, how many networks have it, and their median with a 95 %
        bootstrap interval, or of booleans the share of networks with Wilson's.
    """
    random = study.random.metrics["claims"]
    verdicts = study.judged.metrics["verdicts"]
    return {
        "claims": {claim: {"verdict": verdict, "random": random.get(claim)} for claim, verdict in verdicts.items()},
        "numbers": {name: _numbers(study, name) for name in study.paper.shown},
        "inside": {name: _inside(study, name, context) for name in study.paper.inside[1]},
    }


def _inside(study: "PaperStudy", population: str, context: RunContext) -> dict[str, Any]:
    """What was measured of the networks of a population, now or before an interruption."""
    kept = study.run.checkpoints / f"{population}.json"
    if not kept.is_file():
        if context.stop():
            raise Stopped
        measured = study.paper.inside[0](lt.load(study.networks[population].run.folder))
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_json(kept, {what: summary(values) for what, values in measured.items()})
        context.progress.tell(f"looked into {population}")
    found: dict[str, Any] = read_json(kept)
    return found


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
