"""Answers that were given instead of trained: of somebody else's model, or of networks of another place."""

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
from lstm_toys.studies.claims.evidence import Evidence, select
from lstm_toys.studies.claims.settings import ClaimSettings, Question
from lstm_toys.tasks import families

TOLERANCE = 1e-6
"""Curves that differ by no more were made by another processor or in another precision."""


def read(question: Question, settings: ClaimSettings) -> dict[str, xr.Dataset]:
    """All given answers, each of them to the curves of the population whose they are.

    Raises:
        Refused: a file holds something else.
    """
    digests = dict(settings.answers)
    return {name: _read(question, name, path, digests[name]) for name, path in question.answers.items()}


def check_curves(question: Question, answers: Mapping[str, xr.Dataset]) -> None:
    """Looks for everything that claims are about.

    Args:
        question: which they are.
        answers: that were given.

    Raises:
        Refused: something is not there, or a claim is about different numbers of networks together.
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
                    told = f"{question.answers[name]} does not hold {source.curves} of {name}"
                    raise Refused(f"claim {claim.id}: {told}; --only names the claims that do without it")
        counts = {source.population: sizes[source.population] for source in claim.sources}
        if len({*counts.values()}) > 1:
            told = ", ".join(f"{count:,} of {name}" for name, count in counts.items())
            raise Refused(f"claim {claim.id} takes networks together, and there are {told}; give as many of each")


def published(question: Question) -> Evidence:
    """The published answers; none where there are none.

    Raises:
        Refused: they cannot be had, or are not results of populations of one network.
    """
    declared = question.declared
    if declared.published is None:
        return {}
    try:
        found = declared.published()
    except (Exception, SystemExit) as error:  # Whatever the code of a declaration raises.
        raise Refused(f"the published answers cannot be made: {described_error(error)}") from None
    if not isinstance(found, Mapping) or not all(isinstance(each, xr.Dataset) for each in found.values()):
        raise Refused("the published answers are a dictionary of labeled results by population")
    for name, labeled in found.items():
        if name not in declared.populations:
            raise Refused(
                f"there are published answers of {name!r}; the populations are {', '.join(declared.populations)}"
            )
        if missing := {"diverged", "family"} - {*labeled.variables}:
            raise Refused(f"the published answers of {name} lack {min(missing)}; lt.labeled makes such results")
        if labeled.sizes["seed"] != 1:
            raise Refused(f"the published answers of {name} are those of {labeled.sizes['seed']} networks, not of one")
    return found


def _probed(experiment: Experiment) -> list[str]:
    """The curve sets that claims may be about."""
    return [
        *dict.fromkeys(probe.name for probe in experiment.probes(families.time_points(2, experiment.span))),
        TRAINING,
        HISTORY,
    ]


def _read(question: Question, name: str, path: Path, digest: str) -> xr.Dataset:
    """Raises Refused if a file is not of answers to the curves of a population."""
    told = f"answers of {name}: {path}"
    try:
        found = storage.load_results(path, {"answer", "input", "train_answer", "train_target"})
    except Damaged as error:
        raise Refused(f"{told} {str(error.strerror).replace('is damaged', 'is no file of answers')}") from None
    except OSError as error:
        raise Refused(f"{told}: {error.strerror}") from None
    if sha256(path) != digest:
        raise Refused(f"{told} was changed while it was waited for")
    experiment, settings = question.declared.populations[name][0], question.settings[name]
    if differs := _difference(found, _expected(experiment, settings)):
        raise Refused(f"{told} is not of {experiment.name} with {settings.timesteps:,} time points: {differs}")
    if "diverged" in found:
        return found
    sound = np.isfinite(found.answer).all([axis for axis in found.answer.dims if axis != "seed"])
    return found.assign(diverged=("seed", ~sound.values))


def _expected(experiment: Experiment, settings: Settings) -> xr.Dataset:
    """What a file of answers holds, with answers of one model, all of them 0."""
    points, numbers = settings.timesteps, dict(settings.numbers)
    shown = external.curves_of(experiment, points, numbers)
    task = experiment.task(families.time_points(points, experiment.span))
    shape = (1, *shown.shape[: 2 if task.sequence else 1], len(task.output_features))
    return external.labeled(experiment, np.zeros(shape), points, numbers)


def _difference(found: xr.Dataset, expected: xr.Dataset) -> str:
    """In what labeled answers are not to the curves that are expected, in words; empty if they are."""
    for name, wanted in expected.variables.items():
        if name not in found.variables:
            if name in ("seed", "diverged"):
                continue
            return f"{name} is missing"
        there = found.variables[name]
        shapes = [_shape(each) for each in (there, wanted)]
        if shapes[0] != shapes[1]:
            return f"{name} has the axes ({shapes[0]}), not ({shapes[1]})"
        if "seed" not in wanted.dims and not _same(there.values, wanted.values):
            return f"{name} is another one"
    return ""


def _shape(variable: xr.Variable) -> str:
    """The axes of an array, and how long they are; of networks there may be any number."""
    return ", ".join(axis if axis == "seed" else f"{axis} {size:,}" for axis, size in variable.sizes.items())


def _same(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two arrays hold the same names, or almost the same numbers."""
    if not all(np.issubdtype(each.dtype, np.number) for each in (first, second)):
        return first.tolist() == second.tolist()
    return np.allclose(first, second, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
