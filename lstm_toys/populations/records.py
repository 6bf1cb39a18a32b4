"""Labels the records of a training, and its training set, as xarray datasets."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int

from lstm_toys.networks import training
from lstm_toys.populations.group import last_steps
from lstm_toys.populations.programs import Start, TrainingSpecification
from lstm_toys.tasks.supervision import Examples, Task, accuracies_of


def tree(
    specification: TrainingSpecification,
    start: Start,
    steps: Int[np.ndarray, " r"],
    sound: training.LastGood,
    record: training.Record,
) -> Any:
    """Returns the records at some of the first steps as an `xarray.DataTree`, with a training set without noise.

    The root has one value per network, such as ``diverged``. The node ``training`` has the records, and the training
    set of the first network; with fresh examples, it is the validation set instead, as the attribute ``recorded_on`` of
    the loss says. The attribute ``after`` of errors or accuracies is the share that they leave out at the beginning;
    ``weighted`` is whether the loss weights points or sequences, which the first accuracy then does, too.
    """
    import xarray as xr  # Here, so that it is not loaded before a training begins.

    task, early_stopping = specification.procedure.task, specification.procedure.early_stopping
    axes, accuracies = task.axes, accuracies_of(task.loss, sequence=task.sequence)
    about: dict[str, Any] = {"after": early_stopping.after} if task.sequence else {}
    first = jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), start)
    key = training.seed_key(jnp.uint32(specification.base_seed), first.seed)
    examples = training.recorded_set(task, key, first.hyper)
    if accuracies is not None:
        about["weighted"] = int(examples.weights is not None)
    measure, axis = ("train_rmse", axes[-1]) if accuracies is None else ("train_accuracy", "counted")
    count, framed = len(steps), steps[specification.frames[specification.frames < len(steps)]]
    of_networks: dict[str, Any] = {
        "diverged": ("seed", np.asarray(sound.step) < steps[-1]),
        "sound_step": ("seed", np.asarray(sound.step)),
        **({} if sound.held is None else {"last_step": ("seed", last_steps(sound, int(steps[-1])))}),
        **({} if sound.best is None else {"params_step": ("seed", np.asarray(sound.best.step))}),
    }
    variables: dict[str, Any] = {
        "train_loss": (("seed", "step"), record.loss[:, :count], task.described_loss),
        measure: (("seed", "step", axis), record.measures[:, :count], about),
    }
    if record.validation is not None:
        variables["validation_loss"] = ("seed", "step"), record.validation[:, :count], task.described_loss
    if record.penalty is not None:
        variables["train_penalty"] = ("seed", "step"), record.penalty[:, :count]
    coordinates: dict[str, Any] = {"step": steps, **({} if accuracies is None else {"counted": list(accuracies)})}
    if len(framed):
        variables["frame"] = (("seed", "frame_step", *axes), record.answer[:, : len(framed)])
        coordinates["frame_step"] = framed
    seeds = {"seed": np.asarray(start.seed).astype(int)}
    records = training_set(task, examples).assign_coords(coordinates).assign(variables)
    return xr.DataTree.from_dict({"/": xr.Dataset(of_networks, seeds), "training": records})


def training_set(task: Task, examples: Examples) -> Any:
    """Labels a training set as an `xarray.Dataset`."""
    import xarray as xr

    axes, targets = task.with_axes(np.asarray(examples.targets))
    variables: dict[str, Any] = {
        "train_input": (("example", "time", "feature"), np.asarray(examples.inputs)),
        "train_target": (("example", *axes), targets),
    }
    if examples.lengths is not None:
        variables["train_length"] = ("example",), np.asarray(examples.lengths)
    return xr.Dataset(variables, {"feature": list(task.input_features), task.axes[-1]: list(task.output_features)})
