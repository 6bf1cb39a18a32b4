"""Tunes hyperparameters by the median loss over seeds that are used for nothing else."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import flax.linen as nn
import numpy as np
from jaxtyping import Float

from lstm_toys import arguments
from lstm_toys.networks.optimizers import BOUNDS
from lstm_toys.populations.train import train
from lstm_toys.statistics import intervals
from lstm_toys.statistics.intervals import Estimate
from lstm_toys.tasks.supervision import Task


class Tried(NamedTuple):
    """One combination of hyperparameters and the losses of its networks.

    Attributes:
        settings: the value of each hyperparameter, by name.
        median: the median of ``losses``, with a 95 % bootstrap interval.
        losses: the recorded loss of each seed ``[S]`` with the kept parameters; infinite if it diverged.

    Example:
        >>> import lstm_toys as lt
        >>> Tried._fields
        ('settings', 'median', 'losses')
    """

    settings: dict[str, Any]
    median: Estimate
    losses: Float[np.ndarray, " S"]


def tune(
    task: Task, model: nn.Module, grid: Mapping[str, Sequence[Any]], *, seeds: int, base_seed: int, **options: Any
) -> list[Tried]:
    """Trains networks with every combination of hyperparameters; ranks the combinations by the median loss over seeds.

    The loss of the best combination is biased downward by the selection; measure it again with another base seed. With
    fresh examples, the loss is computed on the validation set.

    Args:
        task: the task that the networks learn; see `lt.train`.
        model: a `Stack`, or another Flax module; see `lt.train`.
        grid: lists of values to combine, by name: of ``learning_rate``, ``momentum``, ``decay`` and ``noise``. Layers
            belong to the model; ``lstm-toys sweep`` also varies these.
        seeds: number of networks under each combination. All combinations have the same seeds, so that they differ by
            nothing else.
        base_seed: base seed of these networks. Choose one that no other network has, so that the networks whose results
            you report are not the ones that the settings were selected by.
        options: further arguments of `lt.train`, such as ``steps`` and ``optimizer``.

    Returns:
        All combinations, the one with the smallest median loss first.

    Raises:
        ValueError: the grid has unknown names, or no or repeated values; or see `lt.train`.

    Example:
        >>> import lstm_toys as lt
        >>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(10))
        >>> tried = lt.tune(task, lt.Stack(1), {"learning_rate": [0.001, 0.1]}, seeds=3, steps=30, base_seed=100)
        >>> [combination.settings["learning_rate"] for combination in tried]
        [0.1, 0.001]
    """
    arguments.expect(isinstance(grid, Mapping) and len(grid) > 0, "grid", "lists of values by name", grid)
    if "hidden" in grid:
        raise ValueError(
            "grid: hidden belongs to the model; tune each lt.Stack(..., hidden=...), or use lstm-toys sweep"
        )
    for name, values in grid.items():
        arguments.choice("a name in grid", name, *BOUNDS)
        arguments.expect(arguments.several(values) and len(values) > 0, f"grid[{name!r}]", "a list of values", values)
    seeds = arguments.whole("seeds", seeds, least=1)
    combinations = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    hyper: dict[str, Any] = {name: np.repeat([values[name] for values in combinations], seeds) for name in grid}
    numbers = np.tile(np.arange(seeds), len(combinations))
    results = train(task, model, seeds=numbers, base_seed=base_seed, **hyper, **options).results
    training = results["training"].to_dataset()
    losses = training.train_loss.isel(step=-1)
    if "params_step" in results:
        losses = training.get("validation_loss", training.train_loss).sel(step=results.params_step)
    losses = np.where(results.diverged, np.inf, losses)
    rows = losses.astype(float).reshape(len(combinations), seeds)
    medians = map(intervals.median_bootstrap, rows)
    return sorted(map(Tried, combinations, medians, rows), key=lambda tried: tried.median.value)
