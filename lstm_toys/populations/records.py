"""Labels the records of a training."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from lstm_toys.networks import training
from lstm_toys.populations.group import last_steps
from lstm_toys.populations.programs import Start, TrainingSpecification
from lstm_toys.tasks.supervision import MSE, Examples, Task, loss_text, measured


def labeled(
    specification: TrainingSpecification,
    start: Start,
    steps: Int[np.ndarray, " R"],
    sound: training.LastGood,
    losses: Float[np.ndarray, "M R"],
    measures: Float[np.ndarray, "M R E"],
    frames: Float[np.ndarray, "M K ..."],
    validation: Float[np.ndarray, "M R"] | None,
    penalty: Float[np.ndarray, "M R"] | None = None,
) -> Any:
    """Returns the records as an `xarray.Dataset`, with the first network's training set without noise.

    With fresh examples, it has the validation set instead. The attribute ``after`` of errors or accuracies is the share
    that they leave out at the beginning; ``weighted`` is whether the loss weights points or sequences, which the first
    accuracy then does, too.
    """
    import xarray as xr  # Here, so that it is not loaded before a training begins.

    task = specification.task
    axes, accuracies = task.axes, measured(task.loss, sequence=task.sequence)
    about: dict[str, Any] = {"after": specification.early_stopping.after} if task.sequence else {}
    examples = _first(specification, start)
    if accuracies is not None:
        about["weighted"] = int(examples.weights is not None)
    named = {} if task.loss == MSE else {"loss": loss_text(task.loss)}
    measure, axis = ("train_rmse", axes[-1]) if accuracies is None else ("train_accuracy", "counted")
    last = last_steps(sound, int(steps[-1]))
    variables: dict[str, Any] = {
        "train_loss": (("seed", "step"), losses, named),
        measure: (("seed", "step", axis), measures, about),
        "diverged": ("seed", np.asarray(sound.step) < steps[-1]),
        "sound_step": ("seed", np.asarray(sound.step)),
        **({} if sound.held is None else {"last_step": ("seed", last)}),
        **({} if sound.best is None else {"params_step": ("seed", np.asarray(sound.best.step))}),
        **({} if validation is None else {"validation_loss": (("seed", "step"), validation, named)}),
        **({} if penalty is None else {"train_penalty": (("seed", "step"), penalty)}),
    }
    coordinates: dict[str, Any] = {
        "seed": np.asarray(start.seed).astype(int),
        "step": steps,
        axes[-1]: list(task.output_features),
        **({} if accuracies is None else {"counted": list(accuracies)}),
    }
    framed = steps[specification.frames[specification.frames < len(steps)]]
    if len(framed):
        variables["frame"] = (("seed", "frame_step", *axes), frames)
        coordinates["frame_step"] = framed
    return xr.Dataset({**variables, **_labeled(task, examples)}, coordinates).assign_coords(
        input_feature=list(task.input_features)
    )


def _first(specification: TrainingSpecification, start: Start) -> Examples:
    """The training set of the first network without noise, or its validation set."""
    task, first = specification.task, jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), start)
    purpose, make = ("validation", task.validated) if task.fresh else ("examples", task.made)
    key = training.purpose_key(training.seed_key(jnp.uint32(specification.base_seed), first.seed), purpose)
    return make(key, {name: first.hyper.numbers[name] for name in task.numbers})


def _labeled(task: Task, examples: Examples) -> dict[str, Any]:
    axes, targets = task.labeled(np.asarray(examples.targets))
    lengths = {} if examples.lengths is None else {"train_length": (("example",), np.asarray(examples.lengths))}
    return {
        "train_input": (("example", "time", "input_feature"), np.asarray(examples.inputs)),
        "train_target": (("example", *axes), targets),
        **lengths,
    }
