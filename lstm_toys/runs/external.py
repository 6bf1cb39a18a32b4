"""Labels the answers of any model to the curves of an experiment, like the answers of its own networks."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys import arguments
from lstm_toys.runs import preparation
from lstm_toys.runs.experiment import Experiment
from lstm_toys.tasks.probes import SHARED, by_points


def curves_of(
    experiment: Experiment, timesteps: int | None = None, numbers: Mapping[str, float | int] | None = None
) -> Float[np.ndarray, "C T F"]:
    """Returns the curves that an experiment shows its networks, for models from elsewhere to answer.

    Args:
        experiment: the experiment, such as ``EXPERIMENT`` of a module of experiments.
        timesteps: number of time points of each curve, T; None: the experiment's default.
        numbers: training numbers by name, on which the training curve may depend; missing ones have the experiment's
            defaults.

    Returns:
        The first training curve, followed by the curves of all probes ``[C, T, F]``, in original units even if the
        experiment scales them. Probes with their own time points are left out.

    Raises:
        ValueError: the experiment has other training numbers, or an argument is invalid.

    Example:
        >>> from experiments.line import EXPERIMENT
        >>> lt.claims.curves_of(EXPERIMENT, timesteps=50).shape
        (9, 50, 2)
    """
    curves = _curves(experiment, timesteps, numbers).answered()[SHARED]
    return experiment.scaling.undone(curves, outputs=False) if experiment.scaling else curves


def labeled(
    experiment: Experiment,
    answers: Float[np.ndarray, "S C T A"] | Float[np.ndarray, "S C A"],
    timesteps: int | None = None,
    numbers: Mapping[str, float | int] | None = None,
) -> xr.DataTree:
    """Labels the answers of any models to `lt.claims.curves_of`, so that claims can be tested on them.

    `lt.save_results` writes the results to a file for ``claims --answers``.

    Args:
        experiment: the experiment whose curves the models answered.
        answers: sequences ``[S, C, T, A]`` or vectors ``[S, C, A]`` of S models, in original units. A model counts as
            diverged if any of its answers is not finite.
        timesteps: number of time points, as for `lt.claims.curves_of`.
        numbers: training numbers, as for `lt.claims.curves_of`.

    Returns:
        Labeled results with the answers to the training curve and to the probes, as of the experiment's own networks,
        but without records of a training.

    Raises:
        ValueError: the answers have another shape, or an argument is invalid.

    Example:
        A model that returns half of every curve:

        >>> from experiments.line import EXPERIMENT
        >>> list(lt.claims.labeled(EXPERIMENT, 0.5 * lt.claims.curves_of(EXPERIMENT)[None]).children)
        ['training', 'line', 'hill']
    """
    curves = _curves(experiment, timesteps, numbers)
    task, curves = curves.task, curves._replace(probes=by_points(curves.probes, curves.x)[SHARED])
    shown = curves.answered()[SHARED]
    one = (*shown.shape[:2], len(task.output_features)) if task.sequence else (len(shown), len(task.output_features))
    answers = np.asarray(arguments.array("answers", answers, "S C ...", finite=False, empty=True))
    if answers.shape[1:] != one or not len(answers):
        shape = ", ".join(map(str, answers.shape))
        raise ValueError(f"answers of {experiment.name} have the shape (S, {', '.join(map(str, one))}), not ({shape})")
    if experiment.scaling:
        answers = experiment.scaling.applied(answers, outputs=True)
    return assembled(experiment, curves, {SHARED: answers})


def _curves(experiment: Experiment, timesteps: int | None, numbers: Any) -> preparation.ExperimentCurves:
    arguments.instance("experiment", experiment, Experiment, "an Experiment")
    points = experiment.timesteps if timesteps is None else timesteps
    return preparation.curves(experiment, points, arguments.by_name("numbers", numbers))


def assembled(
    experiment: Experiment,
    curves: preparation.ExperimentCurves,
    answers: Mapping[str, Float[np.ndarray, "S _ ..."]],
) -> xr.DataTree:
    """Labels scaled answers to an experiment's curves, by set; undoes the scaling.

    Networks without finite answers count as diverged.
    """
    finite = [np.isfinite(array).all(axis=tuple(range(1, array.ndim))) for array in answers.values()]
    root = xr.Dataset({"diverged": ("seed", ~np.all(finite, axis=0))}, {"seed": np.arange(len(finite[0]))})
    return curves.labeled(experiment, xr.DataTree(root.assign_attrs(flags="{}")), answers)
