"""Checks the declaration of an experiment before its networks are trained."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import jax
import jax.numpy as jnp

from lstm_toys.networks import training
from lstm_toys.networks.cells import InvalidModel
from lstm_toys.populations import programs
from lstm_toys.runs.context import Refused, described_error
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.identity import SWEPT
from lstm_toys.tasks.parameters import HISTORY, NUMBER, PART, TRAINING
from lstm_toys.tasks.probes import SHARED, check_probes
from lstm_toys.tasks.supervision import TRACED, Task, accuracies_of, loss_text

OF_NETWORKS = ("diverged", "sound_step", "last_step", "params_step", "learned", "lost", "reason")
TAKEN = {TRAINING, HISTORY, SHARED, "networks", "seed", "setting", *OF_NETWORKS, *SWEPT}
"""Names that no probe can have: results have other nodes, variables or coordinates of these names next to probes."""


def check_experiment(experiment: Experiment, timesteps: int, numbers: Mapping[str, float | int]) -> None:
    """Makes the task, examples and probes of an experiment; raises Refused if one fails or contradicts another."""
    prefix = f"experiment {experiment.name}: "
    with trial(f"{prefix}its task cannot be made"):
        x, task = experiment.at(timesteps)
    with trial(f"{prefix}its probes cannot be made"):
        probes = experiment.probes(x)
    if not isinstance(task, Task) or not isinstance(probes, list | tuple):
        raise Refused(f"{prefix}task(x) must return an lt.Task, and probes(x) a list of lt.Probe")
    # Others may be numbers that an optimizer injects or a penalty takes.
    missing, others = {*task.numbers} - {*experiment.numbers}, {*experiment.numbers} - {*task.numbers}
    if missing or (others and experiment.optimizer is None and experiment.penalty is None):
        mismatch = f"its task takes the numbers {sorted(task.numbers)}, but it declares {sorted(experiment.numbers)}"
        raise Refused(f"{prefix}{mismatch}")
    if (goal := experiment.goal) is not None:
        if (goal.accuracy is None) != (accuracies_of(task.loss) is None):
            limited, loss = "an rmse" if goal.accuracy is None else "an accuracy", loss_text(task.loss)
            raise Refused(f"{prefix}its goal is {limited}, which networks that learn by {loss} do not have")
        if unknown := [name for name in goal.among(task.measured) if name not in task.measured]:
            features = ", ".join(task.output_features)
            raise Refused(f"{prefix}its goal uses {unknown[0]}, but its networks answer {features}")
    names = [probe.name for probe in probes]
    if twice := [name for name in names if names.count(name) > 1]:
        raise Refused(f"{prefix}two probes are named {twice[0]}")
    if taken := [name for name in names if name in TAKEN or name.startswith((NUMBER, PART))]:
        raise Refused(f"{prefix}a probe cannot be named {taken[0]}, which has another meaning")
    with trial(f"{prefix}its training curves cannot be made"):
        points = programs.shown(task)[1]
        training.check_examples(task, training.seed_key(jnp.uint32(0), jnp.uint32(0)), numbers)
    if points != timesteps:
        remedy = f"give --timesteps={points}, or declare fixed={{'timesteps': {points}}}"
        raise Refused(f"{prefix}its training curves have {points:,} time points, not --timesteps={timesteps}; {remedy}")
    try:
        check_probes(task, probes)
    except ValueError as error:
        raise Refused(f"{prefix}{error}") from None


@contextmanager
def trial(failure: str) -> Iterator[None]:
    """Turns any exception in a block into `Refused`, with its message and the user's line; InvalidModel says enough."""
    try:
        yield
    except (Refused, InvalidModel):
        raise
    except jax.errors.JAXTypeError as error:  # Its own message has many lines.
        traced = TypeError(TRACED)
        raise Refused(f"{failure}: {described_error(traced.with_traceback(error.__traceback__))}") from None
    except Exception as error:
        raise Refused(f"{failure}: {described_error(error)}") from None
