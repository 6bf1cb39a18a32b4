"""External answers, from another library's model or networks trained elsewhere."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from lstm_toys.files import Damaged, sha256
from lstm_toys.results import storage
from lstm_toys.runs import external
from lstm_toys.runs.context import Refused, described_error
from lstm_toys.runs.experiment import HISTORY, TRAINING, Experiment
from lstm_toys.runs.identity import Settings
from lstm_toys.studies.claims.ask import ClaimSettings, Question
from lstm_toys.studies.claims.evidence import Evidence, select
from lstm_toys.tasks import families

TOLERANCE = 1e-6
"""Relative and absolute difference up to which curves count as equal; processors and precisions differ by less."""


def read(question: Question, settings: ClaimSettings) -> dict[str, xr.Dataset]:
    """Reads external answers by population; raises Refused if they are for other curves, or a file has changed."""
    digests = dict(settings.answers)
    return {name: _read(question, name, path, digests[name]) for name, path in question.answers.items()}


def check_curves(question: Question, answers: Mapping[str, xr.Dataset]) -> None:
    """Raises Refused if curves of a claim are missing, or it combines populations of different sizes.

    ``answers`` are the external ones.
    """
    experiments = {name: question.declared.populations[name][0] for name in question.settings}
    probed = {name: _probed(experiment) for name, experiment in experiments.items() if name not in answers}
    trained = {name: settings.seeds for name, settings in question.settings.items()}
    sizes = {**trained, **{name: labeled.sizes["seed"] for name, labeled in answers.items()}}
    for claim in question.claims:
        others = [source for each in claim.baselines for source in each.sources if source.population not in answers]
        for source in [*claim.sources, *others]:
            for name in claim.populations if claim.against and source in claim.sources else (source.population,):
                if name not in answers and source.curves not in probed[name]:
                    every = ", ".join(probed[name])
                    raise Refused(f"claim {claim.id}: {name} has no curves {source.curves!r}; it has {every}")
                if name in answers and select(answers[name], source.curves) is None:
                    missing = f"{question.answers[name]} lacks {source.curves} of {name}"
                    raise Refused(f"claim {claim.id}: {missing}; use --only to select claims that do not need it")
        counts = {source.population: sizes[source.population] for source in claim.sources}
        if len({*counts.values()}) > 1:
            words = ", ".join(f"{count:,} of {name}" for name, count in counts.items())
            raise Refused(f"claim {claim.id} combines populations, which must have equally many networks, not {words}")


def published(question: Question) -> Evidence:
    """Calls the declaration's function for published answers; raises Refused if it fails or returns something else."""
    declared = question.declared
    if declared.published is None:
        return {}
    try:
        answers = declared.published()
    except (Exception, SystemExit) as error:  # A user's code may raise anything.
        raise Refused(f"the published answers cannot be made: {described_error(error)}") from None
    if not isinstance(answers, Mapping) or not all(isinstance(each, xr.Dataset) for each in answers.values()):
        raise Refused("the published answers must be a dictionary of labeled results by population")
    for name, labeled in answers.items():
        if name not in declared.populations:
            raise Refused(
                f"published returns answers of {name!r}, but the populations are {', '.join(declared.populations)}; "
                "leave them out, or declare claims with published=None to compare with no published answers"
            )
        if missing := {"diverged", "family"} - {*labeled.variables}:
            raise Refused(f"the published answers of {name} lack {min(missing)}; use lt.labeled to make them")
        if labeled.sizes["seed"] != 1:
            raise Refused(f"the published answers of {name} must be from one network, not {labeled.sizes['seed']}")
    return answers


def _probed(experiment: Experiment) -> list[str]:
    """The names of the curve sets that claims may use."""
    return [
        *dict.fromkeys(probe.name for probe in experiment.probes(experiment.small[0])),
        TRAINING,
        HISTORY,
    ]


def _read(question: Question, name: str, path: Path, digest: str) -> xr.Dataset:
    """Reads a file of answers; raises Refused if they are not for the curves of the population."""
    file = f"answers of {name}: {path}"
    try:
        answers = storage.load_results(path, {"answer", "input", "train_answer", "train_target"})
    except Damaged as error:
        raise Refused(f"{file} {str(error.strerror).replace('is damaged', 'is not a file of answers')}") from None
    except OSError as error:
        raise Refused(f"{file}: {error.strerror}") from None
    if sha256(path, links=True) != digest:
        raise Refused(f"{file} was changed while networks were trained")
    experiment, settings = question.declared.populations[name][0], question.settings[name]
    if differs := _difference(answers, _expected(experiment, settings)):
        raise Refused(f"{file} does not match {experiment.name} with {settings.timesteps:,} time points: {differs}")
    if "diverged" in answers:
        return answers
    sound = np.isfinite(answers.answer).all([axis for axis in answers.answer.dims if axis != "seed"])
    return answers.assign(diverged=("seed", ~sound.values))


def _expected(experiment: Experiment, settings: Settings) -> xr.Dataset:
    """A template for a file of answers, with one network whose answers are all 0."""
    points, numbers = settings.timesteps, dict(settings.numbers)
    shown = external.curves_of(experiment, points, numbers)
    task = experiment.task(families.time_points(points, experiment.span))
    shape = (1, *shown.shape[: 2 if task.sequence else 1], len(task.output_features))
    return external.labeled(experiment, np.zeros(shape), points, numbers)


def _difference(found: xr.Dataset, expected: xr.Dataset) -> str:
    """Describes the first variable that differs from the template; empty if none does."""
    for name, variable in expected.variables.items():
        if name not in found.variables:
            if name in ("seed", "diverged"):
                continue
            return f"{name} is missing"
        there = found.variables[name]
        shapes = [_shape(each) for each in (there, variable)]
        if shapes[0] != shapes[1]:
            return f"{name} has the axes ({shapes[0]}), not ({shapes[1]})"
        if "seed" not in variable.dims and not _same(there.values, variable.values):
            return f"{name} has different values"
    return ""


def _shape(variable: xr.Variable) -> str:
    """Describes the axes of an array and their lengths, except the number of networks."""
    return ", ".join(axis if axis == "seed" else f"{axis} {size:,}" for axis, size in variable.sizes.items())


def _same(first: np.ndarray, second: np.ndarray) -> bool:
    """Compares names exactly, and numbers within `TOLERANCE`."""
    if not all(np.issubdtype(each.dtype, np.number) for each in (first, second)):
        return first.tolist() == second.tolist()
    return np.allclose(first, second, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
