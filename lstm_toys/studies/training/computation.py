"""The training of an experiment: its population, the answers to its probes, files and figures."""

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
    """Digests of what the training and evaluation of a population would compute."""
    specification, start = _specified(study)
    return {
        **study.prepared.declared_digests(),
        **specification.digests(),
        "members": digest(start),
        "training curves": digest(study.prepared.curves.training),
        # The saved population names the user's class, which `lt.load` has to find under this name.
        **({"model": digest(population.signature(study.prepared.model))} if study.experiment.model else {}),
        "code of training": source.digest(*source.TRAINING),
    }


def _specified(study: "TrainingStudy") -> "tuple[Specification, Start]":
    settings, prepared = study.settings, study.prepared
    return prepared.specify((*settings.keep_steps, settings.steps), {settings.steps: prepared.curves.answered})


def execute(study: "TrainingStudy", context: RunContext, seconds: dict[str, float]) -> dict[str, Any]:
    """Trains and evaluates, and writes results and parameters; see `Study.execute`.

    Continues from the run's checkpoints, and leaves more.

    Raises:
        Stopped, Diverged: see `lstm_toys.train`.
        Damaged: a checkpoint is.
        OSError: a file cannot be written.
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
    """What the metrics of a finished run say of its results."""
    return _measured(study.experiment, _results(study))


def _measured(experiment: Experiment, labeled: xr.Dataset) -> dict[str, Any]:
    metrics, fit = summary.metrics(labeled, experiment.goal), arrays.kept(labeled)
    return metrics | {"published": experiment.compare(fit) if fit.sizes["seed"] else []}


def draw(study: "TrainingStudy") -> Iterator[tuple[str, Drawing]]:
    """The experiment's figures, from labeled results alone.

    Raises:
        Failed: what an experiment declares draws nothing that could be saved.
    """
    own, others = _results(study), {name: _results(other) for name, other in study.companions.items()}
    failed = f"experiment {study.experiment.name}: its draw"
    kept = "the trained run is kept; --replot draws it again"
    try:
        drawings = study.experiment.draw(own, others)
    except Exception as error:  # Whatever the code of an experiment raises.
        raise Failed(f"{failed} raised {described_error(error)}; {kept}") from None
    if not isinstance(drawings, Mapping):
        raise Failed(f"{failed} returned {type(drawings).__name__}, no dictionary of drawings by file name; {kept}")
    for name, drawing in drawings.items():
        ending = ".png" if isinstance(drawing, Figure) else ".gif"
        if not isinstance(drawing, Drawing) or Path(str(name)).name != name or not name.endswith(ending):
            told = f"returned {type(drawing).__name__} under {name!r}"
            raise Failed(f"{failed} {told}; a Figure goes under NAME.png, an animation under NAME.gif; {kept}")
    yield from drawings.items()


def _results(study: Study[Any]) -> xr.Dataset:
    return storage.load_results(study.run.checked("results.nc"))
