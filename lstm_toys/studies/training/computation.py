"""Trains an experiment's population, evaluates it on the probes, and writes files and figures."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lstm_toys.execution.lowering import Digests, digest
from lstm_toys.figures import Drawing
from lstm_toys.results import arrays, population, storage, summary
from lstm_toys.runs import preparation, source
from lstm_toys.runs.context import Failed, RunContext, described_error, stopwatch
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.study import Study

if TYPE_CHECKING:
    from lstm_toys.populations.programs import Start
    from lstm_toys.populations.specification import Specification
    from lstm_toys.studies.training.study import TrainingStudy


def digests(study: "TrainingStudy") -> Digests:
    """Digests of everything that determines the trained population and its answers."""
    specification, start = _specified(study)
    return {
        **study.prepared.declared_digests(),
        **specification.digests(len(start.seed)),
        "members": digest(start),
        "training curves": digest(study.prepared.curves.training),
        # The saved population refers to the user's class by name, and `lt.load` imports it.
        **({"model": digest(population.signature(study.prepared.model))} if study.experiment.model else {}),
        "code of training": source.digest(*source.TRAINING),
    }


def _specified(study: "TrainingStudy") -> "tuple[Specification, Start]":
    settings, prepared = study.settings, study.prepared
    return prepared.specify((*settings.keep_steps, settings.steps), {settings.steps: prepared.curves.answered})


def execute(study: "TrainingStudy", context: RunContext, seconds: dict[str, float]) -> dict[str, Any]:
    """Trains and evaluates, and writes results and parameters; see `Study.execute`.

    Resumes from the run's checkpoints, and writes new ones. Raises what `lstm_toys.train` raises.
    """
    settings, experiment, prepared, run = study.settings, study.experiment, study.prepared, study.run
    examples, probes, _ = prepared.curves
    training = preparation.begin(prepared, _specified(study), run, context, settings.experiment)
    with context.interruption.patient():
        trained = training.population()
    seconds |= trained.seconds
    with stopwatch(seconds, "evaluate"):
        fingerprint, *earlier = training.fingerprints
        attributes = {"flags": settings.as_dict(), "fingerprint": fingerprint, "earlier_fingerprints": earlier}
        attributes |= {"data": dict(experiment.data)} if experiment.data else {}
        elsewhere = preparation.executions(training)
        attributes |= elsewhere | {"run": run.folder.name}
        x, (learned, probed) = np.asarray(prepared.x), prepared.curves.split(trained.answers[settings.steps])
        labeled = arrays.dataset(trained, x, experiment.span, examples, learned, probes, probed, attributes)
        labeled = arrays.in_units(labeled, experiment.scaling)
        context.ensure()
        files = population.save(trained, run.folder, labeled)
        metrics = _measured(experiment, labeled)
    return metrics | {
        "member_steps_per_second": round(trained.member_steps / seconds["train"]),
        "continued": trained.member_steps < settings.seeds * settings.steps,
        **elsewhere,
        "files": files,
    }


def remeasure(study: "TrainingStudy") -> dict[str, Any]:
    """Recomputes the metrics of a finished run from its results."""
    return _measured(study.experiment, _results(study))


def _measured(experiment: Experiment, labeled: xr.Dataset) -> dict[str, Any]:
    metrics, fit = summary.metrics(labeled, experiment.goal), arrays.kept(labeled)
    return metrics | {"published": experiment.compare(fit) if fit.sizes["seed"] else []}


def draw(study: "TrainingStudy") -> Iterator[tuple[str, Drawing]]:
    """Draws the experiment's figures from labeled results alone; raises Failed if its ``draw`` fails."""
    own, others = _results(study), {name: _results(other) for name, other in study.companions.items()}
    failed = f"experiment {study.experiment.name}: its draw"
    kept = "the trained run is kept; --replot draws it again"
    try:
        drawings = study.experiment.draw(own, others)
    except Exception as error:  # A user's code may raise anything.
        raise Failed(f"{failed} raised {described_error(error)}; {kept}") from None
    if not isinstance(drawings, Mapping):
        raise Failed(f"{failed} returned {type(drawings).__name__}, no dictionary of drawings by file name; {kept}")
    for name, drawing in drawings.items():
        ending = ".png" if isinstance(drawing, Figure) else ".gif"
        if not isinstance(drawing, Drawing) or Path(str(name)).name != name or not name.endswith(ending):
            returned = f"returned {type(drawing).__name__} under {name!r}"
            raise Failed(f"{failed} {returned}; a Figure goes under NAME.png, an animation under NAME.gif; {kept}")
    yield from drawings.items()


def _results(study: Study[Any]) -> xr.Dataset:
    return storage.load_results(study.run.checked("results.nc"))
