"""Answers of any model to the curves of an experiment, labeled as those of its networks are."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys.results import arrays
from lstm_toys.runs.experiment import Experiment
from lstm_toys.tasks import families

TIMESTEPS = 100
"""Points of a curve, unless an experiment has others."""


def curves_of(
    experiment: Experiment, timesteps: int | None = None, numbers: Mapping[str, float | int] | None = None
) -> Float[np.ndarray, "C T F"]:
    """Everything that the networks of an experiment are asked about: the first training curve, then the probes'.

    Args:
        experiment: whose curves they are.
        timesteps: points of a curve; None: as many as the experiment has.
        numbers: of the training curve, where an experiment leaves some open; its own for those that are not given.

    Example:
        >>> import lstm_toys as lt
        >>> experiment = lt.Experiment(
        ...     name="line",
        ...     doc="One line, to be returned as it is.",
        ...     defaults={},
        ...     goal=lt.Goal(1e-3),
        ...     task=lambda x: lt.reproduce("line", {"slope": 0.3, "intercept": 0.1}, x),
        ...     probes=lambda x: [lt.probe("steeper", "line", {"slope": 0.9, "intercept": 0.1}, x)],
        ...     draw=lambda results, beside: {},
        ... )
        >>> lt.curves_of(experiment).shape
        (2, 100, 1)
    """
    return _asked(experiment, timesteps, numbers)[1]


def labeled(
    experiment: Experiment,
    answers: Float[np.ndarray, "S C T A"] | Float[np.ndarray, "S C A"],
    timesteps: int | None = None,
    numbers: Mapping[str, float | int] | None = None,
) -> xr.Dataset:
    """Labels the answers of models to `curves_of` an experiment, so that they can be judged like those of networks.

    Args:
        experiment: whose curves were answered.
        answers: of S models, one after another; of sequences ``[S, C, T, A]``, of vectors ``[S, C, A]``. A model one of
            whose answers is not a number counts as diverged.
        timesteps: points of a curve; None: as many as the experiment has.
        numbers: of the training curve, where an experiment leaves some open; its own for those that are not given.

    Returns:
        What `lt.save_results` writes into a file that ``claims --answers`` takes.

    Raises:
        ValueError: the answers have another shape.

    Example:
        A model that answers every curve by half of it:

        >>> import tempfile
        >>> from pathlib import Path
        >>> import lstm_toys as lt
        >>> experiment = lt.Experiment(
        ...     name="line",
        ...     doc="One line, to be returned as it is.",
        ...     defaults={},
        ...     goal=lt.Goal(1e-3),
        ...     task=lambda x: lt.reproduce("line", {"slope": 0.3, "intercept": 0.1}, x),
        ...     probes=lambda x: [lt.probe("steeper", "line", {"slope": 0.9, "intercept": 0.1}, x)],
        ...     draw=lambda results, beside: {},
        ... )
        >>> answers = 0.5 * lt.curves_of(experiment)[None]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     lt.save_results(lt.labeled(experiment, answers), Path(folder, "half.nc"))
    """
    examples, shown = _asked(experiment, timesteps, numbers)
    x = families.time_points(_points(experiment, timesteps), experiment.span)
    task = experiment.task(x)
    one = (*shown.shape[:2], len(task.asked)) if task.sequence else (len(shown), len(task.asked))
    answers = np.asarray(answers)
    if answers.shape[1:] != one or not len(answers):
        told = ", ".join(map(str, answers.shape))
        raise ValueError(f"answers of {experiment.name} have the shape (S, {', '.join(map(str, one))}), not ({told})")
    diverged = ~np.isfinite(answers).all(axis=tuple(range(1, answers.ndim)))
    variables: dict[str, Any] = {
        "train_answer": (("seed", *task.axes), answers[:, 0]),
        "train_target": (task.axes, np.asarray(examples.targets[0])),
        "diverged": ("seed", diverged),
    }
    if not task.sequence:
        variables |= {
            "train_input": (("example", "time", "feature"), np.asarray(examples.inputs)),
            "train_target": (("example", "asked"), np.asarray(examples.targets)),
        }
    probed = arrays.answered(task, np.asarray(x), experiment.span, experiment.probes(x), answers[:, 1:])
    return probed.assign(variables).assign_attrs(flags="{}")


def _points(experiment: Experiment, timesteps: int | None) -> int:
    """How many time points curves have."""
    return int(experiment.defaults.get("timesteps", TIMESTEPS)) if timesteps is None else timesteps


def _asked(
    experiment: Experiment, timesteps: int | None, numbers: Mapping[str, float | int] | None
) -> tuple[Any, np.ndarray]:
    """A training set, an exemplary one where each seed draws its own, and all curves that are asked about."""
    x = families.time_points(_points(experiment, timesteps), experiment.span)
    values = {name: jnp.float32(value) for name, value in {**experiment.numbers, **(numbers or {})}.items()}
    examples = experiment.task(x).examples(jax.random.key(0), values)
    return examples, np.concatenate([examples.inputs[:1], *(probe.inputs for probe in experiment.probes(x))])
