"""Computes what is reported about a paper, from the runs of its networks."""

import inspect
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from lstm_toys.studies.dynamics.computation import CODE

import lstm_toys as lt
from lstm_toys.execution.lowering import Digests, digest
from lstm_toys.files import read_json_list
from lstm_toys.results import storage
from lstm_toys.results.summary import as_json, finite
from lstm_toys.runs import source
from lstm_toys.runs.context import RunContext
from lstm_toys.runs.identity import Settings
from lstm_toys.runs.study import Study

from .parts import part

if TYPE_CHECKING:
    from .study import InsideStudy, PaperStudy


def digests(study: "InsideStudy") -> Digests:
    """Digests of the networks' runs, and of the code that looks into them."""
    module = inspect.getmodule(study.measure)
    return {
        "runs": digest([each.run.folder.name for each in study.needs.values()]),
        "code of measures": digest(inspect.getsource(module) if module else ""),
        "code of dynamics": source.digest(*CODE),
    }


def inside(study: "InsideStudy", context: RunContext) -> dict[str, Any]:
    """What was measured of the networks of each population.

    What was measured of a population is kept, and is not measured again if the run is continued.

    Returns:
        By population and measured quantity, how many networks have it, and their median with a 95 % bootstrap interval,
        or of booleans the share of networks with Wilson's.
    """

    def measured(networks: Study[Settings]) -> dict[str, Any]:
        values = study.measure(lt.load(networks.run.folder))
        return {what: summary(each) for what, each in values.items()}

    return {
        name: part(study.run.checkpoints / f"{name}.json", context, partial(measured, networks), f"looked into {name}")
        for name, networks in study.needs.items()
    }


def scores(study: "PaperStudy") -> dict[str, Any]:
    """What is known about the claims of a paper.

    Returns:
        ``claims``: by claim the share of the ``counted`` networks that meet it, with its interval and verdict;
        ``random``, how many random networks of each scale meet it; and ``variants``, the same as of the networks by
        name of the variant, where it was judged;
        ``numbers``: by population, the number of each network that the figure shows, None if it diverged;
        ``inside``: what `inside` returned.
    """
    random = study.random.metrics["claims"]
    entries = read_json_list(study.judged.run.checked("claims.json"))
    return {
        "claims": {
            each["id"]: {
                **_judged(each),
                "random": random.get(each["id"]),
                "variants": {name: _judged(own) for name, own in each["variants"].items()},
            }
            for each in entries
        },
        "numbers": {name: _numbers(study, name) for name in study.paper.shown},
        "inside": study.inside.metrics["inside"],
        "sources": study.paper.sources,
        "open": study.paper.open,
    }


def _judged(networks: Mapping[str, Any]) -> dict[str, Any]:
    return {what: networks[what] for what in ("share", "interval", "verdict", "counted")}


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
