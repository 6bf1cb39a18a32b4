"""Checks the arguments of a training, and makes its specification and the start of its members."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Float, Int, PyTree

from lstm_toys import arguments
from lstm_toys.networks import training, transforms
from lstm_toys.networks.layer import check_model
from lstm_toys.networks.optimizers import BOUNDS, Hyper, named
from lstm_toys.networks.transforms import CustomOptimizer, Kind
from lstm_toys.populations import answering, programs
from lstm_toys.populations.programs import Start, TrainingSpecification
from lstm_toys.populations.trained import Networks
from lstm_toys.tasks.goal import NEVER, EarlyStopping
from lstm_toys.tasks.supervision import Examples, Task, accuracies_of

RECORDS = 200
"""Most recorded steps of a training, in addition to step 0."""

MOST = 2**31 - 1


def specify(
    task: Task,
    model: nn.Module,
    *,
    seeds: int | Int[np.ndarray, " M"],
    steps: int | Sequence[int],
    optimizer: str | optax.GradientTransformation | CustomOptimizer = "sgd",
    numbers: Mapping[str, float | Float[np.ndarray, " M"]] | None = None,
    base_seed: int = 0,
    block: int | None = None,
    frames: int = 0,
    early_stopping: EarlyStopping = NEVER,
    initial: Networks | PyTree | None = None,
    penalty: training.Penalty | None = None,
    **hyper: float | Float[np.ndarray, " M"] | None,
) -> tuple[TrainingSpecification, Start]:
    """Checks the arguments of `lstm_toys.train`, and separates what members share from what differs between them.

    Args:
        frames: how many recorded answers to the first training curve are kept.
        hyper: ``learning_rate``, ``momentum``, ``decay`` and ``noise``; None, or missing: the optimizer's default.
    """
    arguments.instance("task", task, Task, "a Task, such as lt.reproduce makes")
    check_model(model)
    kind: Kind = optimizer
    if isinstance(kind, optax.GradientTransformation):
        kind = transforms.custom(kind, programs.parameter_shapes(task, model))
    if penalty is not None:
        arguments.function("penalty", penalty, "a function of parameters, states and training numbers", 3)
    start = _starts(task, kind, seeds, numbers, hyper, other_numbers=penalty is not None)
    if isinstance(kind, CustomOptimizer):
        set_numbers = {*start.hyper.numbers, *(["learning_rate"] if hyper.get("learning_rate") is not None else [])}
        kind = kind._replace(injected=tuple(name for name in kind.injected if name in set_numbers))
    if initial is not None:
        params = _initial(initial, programs.parameter_shapes(task, model), len(start.seed))
        start = start._replace(initial=params)
    base_seed = arguments.whole("base_seed", base_seed, least=0, most=2**32 - 1)
    frames = arguments.whole("frames", frames, least=0, most=1_000_000)
    listed = steps if arguments.several(steps) else [arguments.whole("steps", steps)]
    kept_steps = sorted({*arguments.wholes("steps", listed, least=0, most=MOST)})
    first = jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), start)
    training.check_examples(task, training.seed_key(jnp.uint32(base_seed), first.seed), first.hyper.numbers)
    # A record is a forward pass over a whole set: if that is larger than what a step takes, a tenth of the work.
    (of_step, *_), (of_record, *_) = programs.shown(task), programs.shown(task, recorded=True)
    of_step = task.batch or of_step
    recorded = recorded_steps(kept_steps, 3 * of_record // of_step if of_record > of_step else 1)
    early_stopping = _fitting(task, early_stopping, len(recorded))
    if early_stopping.validation is not None:
        training.recorded_set(early_stopping.validation, jax.random.key(0), first.hyper)
    block = programs.suitable_block(task, model, penalty) if block is None else block
    in_turn = programs.curves_at_once(task, model, penalty) == 1
    specification = TrainingSpecification(
        procedure=training.Procedure(task, model, kind, early_stopping, penalty, in_turn),
        base_seed=base_seed,
        block=arguments.whole("block", block, least=1, most=arguments.MOST_BLOCK),
        kept_steps=tuple(kept_steps),
        recorded=recorded,
        frames=frame_indices(len(recorded), frames),
        coefficients=tuple(sorted({*start.hyper.numbers} - {*task.numbers, *transforms.numbers(kind)})),
        continues=initial is not None,
    )
    return specification, start


def _initial(initial: Any, shapes: PyTree[jax.ShapeDtypeStruct], members: int) -> PyTree[Float[np.ndarray, "M ..."]]:
    """Parameters for each member, from networks or from parameters with or without an axis of members."""
    params = initial.params if isinstance(initial, Networks) else initial
    leaves, expected = map(answering.leaves_by_path, (params, shapes))
    if different := leaves.keys() ^ expected.keys():
        raise arguments.refused("initial", f"parameters of the model, {', '.join(expected)}", f"{min(different)}")
    one = all(np.shape(leaves[name]) == leaf.shape for name, leaf in expected.items()) and params is initial
    for name, leaf in expected.items():
        axes = " ".join(map(str, leaf.shape if one else (members, *leaf.shape)))
        arguments.array(
            f"{name} of initial", leaves[name], axes, hint="" if one else ", with one entry per member first"
        )
    arrays = [np.asarray(leaves[name], leaf.dtype) for name, leaf in expected.items()]
    several = jax.tree.unflatten(jax.tree.structure(shapes), arrays)
    return jax.tree.map(lambda leaf: np.repeat(leaf[None], members, axis=0), several) if one else several


def _starts(
    task: Task,
    optimizer: Kind,
    seeds: int | Int[np.ndarray, " M"],
    numbers: Mapping[str, float | Float[np.ndarray, " M"]] | None,
    hyper: Mapping[str, float | Float[np.ndarray, " M"] | None],
    *,
    other_numbers: bool,
) -> Start:
    """Checks seeds and hyperparameters, and returns them for every member, every leaf ``[M]``.

    ``other_numbers``: whether numbers of any name are allowed, since a penalty may take them.
    """
    if arguments.several(seeds):
        members = np.array(arguments.wholes("seeds", seeds, least=0, most=2**32 - 1))
    else:
        members = np.arange(arguments.whole("seeds", seeds, least=1, most=MOST))
    values = {} if numbers is None else numbers
    arguments.mapping("numbers", values, "training numbers by name")
    others, injected = tuple(values) if other_numbers else (), transforms.numbers(optimizer)
    if both := {*task.numbers} & {*injected}:
        raise ValueError(f"{min(both)} is both a training number of the task and injected by the optimizer; rename one")
    if not {*task.numbers} <= values.keys() <= {*task.numbers, *others, *injected}:
        more = f" and numbers that its optimizer injects, {injected}" if isinstance(optimizer, CustomOptimizer) else ""
        raise ValueError(f"this task takes the training numbers {sorted(task.numbers)}{more}, not {sorted(values)}")
    custom = optimizer if isinstance(optimizer, CustomOptimizer) else None
    defaults = {} if isinstance(optimizer, CustomOptimizer) else named(optimizer).defaults
    chosen = {name: value for name, value in hyper.items() if value is not None}
    if custom is None and "learning_rate" not in chosen:
        raise ValueError(
            f"learning_rate is missing: {optimizer!r} needs one; only a user-defined optimizer has its own"
        )
    if custom and "learning_rate" in chosen and "learning_rate" not in custom.injected:
        raise arguments.refused("learning_rate", "None, or numbers where optimizer injects it", chosen["learning_rate"])
    for name in ({"momentum", "decay"} & chosen.keys()) - defaults.keys():
        expected = f"None, since {'this optimizer' if custom else optimizer} has no {name}"
        raise arguments.refused(name, expected, chosen[name])

    def column(name: str, value: Any, **bounds: int) -> Float[np.ndarray, " M"]:
        checked = arguments.numbers(name, value, str(len(members)), **bounds)
        return np.broadcast_to(np.asarray(checked, float), members.shape)

    settings = {"learning_rate": None, "momentum": 0.0, "decay": 0.0, "noise": 0.0, **defaults, **chosen}
    columns = {
        name: np.full(members.shape, np.nan) if custom and value is None else column(name, value, **BOUNDS[name])
        for name, value in settings.items()
    }
    names = dict.fromkeys((*task.numbers, *(name for name in (*injected, *others) if name in values)))
    of_task = {name: column(name, values[name]) for name in names}
    single, of_task = ({name: value.astype(np.float32) for name, value in of.items()} for of in (columns, of_task))
    if arguments.several(seeds):
        rows = np.stack([members, *map(np.nan_to_num, (*single.values(), *of_task.values()))], axis=1)
        if len(np.unique(rows, axis=0)) < len(rows):
            raise ValueError("seeds must be different under the same hyper-parameters")
    return Start(members.astype(np.uint32), Hyper(**single, numbers=of_task))


def recorded_steps(steps: Sequence[int], least: int = 1) -> Int[np.ndarray, " R"]:
    """Step 0, the kept ``steps``, and evenly spaced steps, at least ``least`` apart, about `RECORDS` in all."""
    between = np.arange(0, max(steps), max(least, -(-max(steps) // RECORDS)))
    return np.unique(np.concatenate([[0], between, steps])).astype(np.int32)


def frame_indices(records: int, frames: int) -> Int[np.ndarray, " K"]:
    """The records to keep as frames: the first, the last, and others at geometrically growing distances."""
    return np.unique(np.geomspace(1, records, frames).round().astype(int)) - 1


def _fitting(task: Task, early_stopping: EarlyStopping, records: int) -> EarlyStopping:
    """Checks that networks trained on a task can stop; returns the same value with a task for validation."""
    arguments.instance("early_stopping", early_stopping, EarlyStopping, "an lt.EarlyStopping")
    goal, validation = early_stopping.goal, early_stopping.validation
    if early_stopping.records and (goal is None or early_stopping.records > records):
        expected = "0 without a goal" if goal is None else f"at most the number of records in all, {records}"
        raise arguments.refused("records of early_stopping", expected, early_stopping.records)
    if (
        goal is not None
        and early_stopping.records
        and (
            (goal.accuracy is None) != (accuracies_of(task.loss) is None)
            or not {*goal.among(task.measured)} <= {*task.measured}
        )
    ):
        text = goal.text(scaled=False, of=task.recorded_on)
        raise arguments.refused("goal of early_stopping", f"for {', '.join(task.measured)}, as recorded", text)
    if isinstance(validation, Examples):
        examples = validation
        validation = replace(
            task, examples=lambda *_: examples, batch=None, fresh=False, stepped=False, validation=None, numbers=()
        )
    if validation is not None:
        arguments.instance("validation", validation, Task, "lt.Examples or an lt.Task")
        for name in ("input_features", "output_features", "sequence", "loss"):
            if getattr(validation, name) != getattr(task, name):
                raise ValueError(f"validation must have the {name} of the task, {getattr(task, name)}")
        if unknown := {*validation.numbers} - {*task.numbers}:
            raise ValueError(f"validation takes the training number {min(unknown)}, which the task does not have")
    return replace(early_stopping, validation=validation)
