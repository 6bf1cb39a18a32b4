"""The specification of a training, which all members of a population share, and the programs compiled from it.

`specify` checks the arguments of a training, and separates what members share from what differs between them.
"""

import math
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PyTree, UInt32

from lstm_toys import arguments
from lstm_toys.execution import devices
from lstm_toys.execution.digests import Digests, compiled, digest, program
from lstm_toys.networks import purity, training, transforms
from lstm_toys.networks.cells import CELLS
from lstm_toys.networks.layer import check_model
from lstm_toys.networks.optimizers import BOUNDS, Hyper, named
from lstm_toys.networks.stack import Stack
from lstm_toys.networks.training import Penalty, Procedure
from lstm_toys.networks.transforms import CustomOptimizer, Kind
from lstm_toys.populations import answering, blocks
from lstm_toys.populations.trained import Networks
from lstm_toys.tasks.goal import NEVER, EarlyStopping
from lstm_toys.tasks.supervision import Examples, Task, accuracies_of

STOPS = 16
"""Most records in one call of the compiled training."""

BROAD = 64
"""Units per layer up to which it is faster to process curves one by one; measured with 8 to 128."""

NUMBER: Any = jax.ShapeDtypeStruct((), np.float32)

CurveSets = Mapping[str, Float[np.ndarray, "_ _ F"]]
"""Sets of curves to answer, by name, each with its own number of time points."""


class Start(NamedTuple):
    """Everything that differs between members of a population: seed numbers, hyperparameters, initial parameters."""

    seed: UInt32[Array, "*M"] | UInt32[np.ndarray, "*M"]
    hyper: Hyper
    initial: PyTree[Float[np.ndarray, "..."]] | None = None


@dataclass(frozen=True)
class TrainingSpecification:
    """A training as all members of a population share it; see also `lstm_toys.train`.

    Attributes:
        kept_steps: steps after which the parameters are kept, in ascending order, including the last step.
        recorded: recorded steps, from 0 to the last.
        frames: indices of the records whose answers are kept.
        curves: sets of curves ``[C, T, F]`` to answer, by kept step.
        lengths: see `answering.answers`, of each set in which curves end before the last time point.
        procedure: how one network is trained.
        coefficients: names of the training numbers that only the penalty takes.
        continues: whether members begin with given parameters.
    """

    procedure: Procedure
    base_seed: int
    block: int
    kept_steps: tuple[int, ...]
    recorded: Int[np.ndarray, " R"]
    frames: Int[np.ndarray, " K"]
    curves: Mapping[int, CurveSets] = field(default_factory=dict)
    lengths: Mapping[str, Int[np.ndarray, " C"]] = field(default_factory=dict)
    coefficients: tuple[str, ...] = ()
    continues: bool = False

    @property
    def member(self) -> training.Member:
        """The shapes of ONE member's arrays."""
        return programs_of(self.procedure).member

    def fingerprint(self, members: int) -> dict[str, Any]:
        """The fingerprint of an execution of the programs that train groups of this many members."""
        lapack = any(program(function, *inputs).lapack for function, inputs in calls(self, members).values())
        return devices.fingerprint(self.block, lapack=lapack)

    def training_digest(self, start: Start) -> str:
        """A digest of everything on which the training of members with this start depends, apart from versions."""
        programs = compiled()
        for name, (function, inputs) in calls(self, len(start.seed)).items():
            programs |= program(function, *inputs).named(name)
        steps = [list(self.kept_steps), self.recorded, self.frames]
        return digest(start, self.member, sorted(programs.items()), steps, self.base_seed)

    def digests(self, members: int) -> Digests:
        """Digests of everything that is computed for some members, except for their start."""
        params, together = self.member.params, blocks.group_size(members, self.block, jax.device_count())
        digests, seeds = Digests(), min(members, together)
        for name, (function, inputs) in calls(self, together).items():
            digests |= program(function, *inputs).named(name)
        for sets in {id(sets): sets for sets in self.curves.values()}.values():
            for name, curves in sets.items():
                ends = self.lengths.get(name)
                digests |= answering.digests_of(self.procedure.model, params, curves, self.block, seeds, name, ends)
        steps, task = [list(self.kept_steps), self.recorded, self.frames, sorted(self.curves)], self.procedure.task
        return digests | {
            "steps": digest(steps),
            "names": digest([*task.input_features, *task.output_features]),
            "ahead": digest(task.ahead),
            "base seed": digest(self.base_seed),
            **compiled(),
        }


def compile_programs(specification: TrainingSpecification, size: int) -> list[jax.stages.Compiled]:
    """Compiles `calls` for groups of ``size`` members; raises InvalidModel."""
    return [function.lower(*inputs).compile() for function, inputs in calls(specification, size).values()]


def calls(spec: TrainingSpecification, size: int) -> dict[str, tuple[Any, Any]]:
    """The two programs of a training for groups of blocks of members, with arguments, by name.

    The first one initializes members; it takes a `Start` and the base seed. The second one takes members, the step they
    have reached, `STOPS` stops and which of them to record, as `training.train_until` does, and reuses the members'
    memory.
    """
    initialize, train_until, member = programs_of(spec.procedure)
    blank = _blank(spec.procedure, spec.coefficients, member.params if spec.continues else None)
    member = member._replace(hyper=blank.hyper)
    start, members = (blocks.shapes(one, size, spec.block) for one in (blank, member))
    stops = np.zeros(STOPS, np.int32), np.zeros(STOPS, bool)
    return {
        "initialization program": (initialize, (start, np.uint32(0))),
        "training program": (train_until, (members, np.int32(0), *stops)),
    }


class Programs(NamedTuple):
    """The two programs of a training, which `calls` describes, and the shapes of ONE member's arrays."""

    initialize: jax.stages.Wrapped
    train_until: jax.stages.Wrapped
    member: training.Member


def programs_of(procedure: Procedure) -> Programs:
    """Makes the programs of a procedure, the same ones at every call, so that they are compiled once.

    They do not keep the task alive, since they are made for a copy of it. Raises InvalidModel.
    """
    made, key = _programs.setdefault(procedure.task, {}), procedure[1:]
    if key not in made:
        own = procedure._replace(task=copy(procedure.task))
        member = member_shapes(own)
        begin, train = partial(_begin, own), partial(training.train_until, own)
        together = partial(jax.vmap, axis_name=training.MEMBERS)
        in_turn = blocks.spread(begin, batch=blocks.members_in_turn)
        made[key] = Programs(in_turn, blocks.spread(train, batch=together, donate=True), member)
    return made[key]


_programs: WeakKeyDictionary[Task, dict[tuple[Any, ...], Programs]] = WeakKeyDictionary()
"""The programs of trainings, by task, and by what else a procedure consists of."""


def member_shapes(how: Procedure) -> training.Member:
    """The shapes of ONE member's arrays; raises InvalidModel."""
    return jax.eval_shape(partial(_begin, how), _blank(how), np.uint32(0))


def _blank(how: Procedure, coefficients: tuple[str, ...] = (), initial: PyTree = None) -> Start:
    names = (*how.task.numbers, *transforms.numbers(how.optimizer), *coefficients)
    numbers, seed = dict.fromkeys(names, NUMBER), cast(Any, jax.ShapeDtypeStruct((), np.uint32))
    return Start(seed, Hyper(NUMBER, NUMBER, NUMBER, NUMBER, numbers), initial)


def _begin(how: Procedure, start: Start, base_seed: UInt32[Array, ""]) -> training.Member:
    """Initializes ONE member."""
    return training.init(how, training.seed_key(base_seed, start.seed), start.hyper, start.initial)


def shown(task: Task, *, recorded: bool = False) -> tuple[int, int, int]:
    """The numbers of curves, time points and features of a training set, or of the set that is recorded."""
    make, numbers = task.recorded if recorded else task.training_set, dict.fromkeys(task.numbers, NUMBER)
    curves, timesteps, features = jax.eval_shape(make, jax.random.key(0), numbers).inputs.shape
    return curves, timesteps, features


def parameter_shapes(task: Task, model: nn.Module) -> PyTree[jax.ShapeDtypeStruct]:
    """The shapes of ONE network's parameters; raises InvalidModel, see `training.only_parameters`."""
    curves = jax.ShapeDtypeStruct(shown(task), np.float32)
    return training.only_parameters(model, jax.eval_shape(model.init, jax.random.key(0), curves))


def curves_at_once(task: Task, model: nn.Module, penalty: Penalty | None = None) -> int:
    """Returns how many curves of a step are differentiated at once: one on a CPU, where several overflow caches.

    All on an accelerator, for layers of more units than `BROAD`, for a model that may not answer each curve separately,
    and with a penalty, which is a function of all curves.
    """
    apart = penalty is None and isinstance(model, Stack) and model.cell in CELLS and max(model.widths) <= BROAD
    return 1 if apart and jax.default_backend() == "cpu" else task.batch or shown(task)[0]


def suitable_block(task: Task, model: nn.Module, penalty: Penalty | None = None) -> int:
    """The default block of a training; see `blocks.default_block`, and `blocks.fitting_block` for accelerators.

    The rows of the largest matrix stand for the units of the widest layer of a model that is not a `Stack`.
    """
    if jax.default_backend() != "cpu":
        return blocks.fitting_block(member_bytes(task, model, penalty))
    curves, timesteps, _ = shown(task)
    at_once = curves_at_once(task, model, penalty)
    rows = (math.prod(leaf.shape[:-1]) for leaf in jax.tree.leaves(parameter_shapes(task, model)))
    values = at_once * timesteps * (max(model.widths) if isinstance(model, Stack) else max(rows))
    return blocks.default_block(values, in_turn=at_once < (task.batch or curves))


def member_bytes(task: Task, model: nn.Module, penalty: Penalty | None = None) -> int:
    """Bytes that ONE member takes in training: its arrays, and what a forward pass keeps for the backward pass.

    They are counted by shapes, for Adam, which keeps more than other named optimizers. A penalty counts like the sum of
    all states, since it may take numbers that are not known yet.
    """

    def total(_: PyTree, states: PyTree, __: Mapping[str, Any]) -> Array:
        return jnp.stack([jnp.sum(leaf) for leaf in jax.tree.leaves(states)]).sum()

    how = Procedure(task, model, "adam", penalty=None if penalty is None else total)

    def arrays(member: training.Member) -> PyTree:
        step = jnp.int32(0) if task.fresh else None
        examples = training.training_set(task, member.key, member.hyper, step)
        batch = jax.tree.map(lambda leaf: leaf[: task.batch], examples)
        _, backward = jax.vjp(lambda params: training.answers_to(how, params, batch, {}), member.params)
        return member, backward

    shapes = jax.tree.leaves(jax.eval_shape(arrays, member_shapes(how)))
    return sum(leaf.size * leaf.dtype.itemsize for leaf in shapes)


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
        kind = transforms.custom(kind, parameter_shapes(task, model))
    if penalty is not None:
        arguments.function("penalty", penalty, "a function of parameters, states and training numbers", 3)
    start = _starts(task, kind, seeds, numbers, hyper, other_numbers=penalty is not None)
    if isinstance(kind, CustomOptimizer):
        set_numbers = {*start.hyper.numbers, *(["learning_rate"] if hyper.get("learning_rate") is not None else [])}
        kind = kind._replace(injected=tuple(name for name in kind.injected if name in set_numbers))
    if initial is not None:
        params = _initial(initial, parameter_shapes(task, model), len(start.seed))
        start = start._replace(initial=params)
    base_seed = arguments.whole("base_seed", base_seed, least=0, most=2**32 - 1)
    frames = arguments.whole("frames", frames, least=0, most=1_000_000)
    listed = steps if arguments.several(steps) else [arguments.whole("steps", steps)]
    kept_steps = sorted({*arguments.wholes("steps", listed, least=0, most=MOST)})
    first = jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), start)
    training.check_examples(task, training.seed_key(jnp.uint32(base_seed), first.seed), first.hyper.numbers)
    # A record is a forward pass over a whole set: if that is larger than what a step takes, a tenth of the work.
    (of_step, *_), (of_record, *_) = shown(task), shown(task, recorded=True)
    of_step = task.batch or of_step
    recorded = recorded_steps(kept_steps, 3 * of_record // of_step if of_record > of_step else 1)
    early_stopping = _fitting(task, early_stopping, len(recorded))
    if early_stopping.validation is not None:
        training.recorded_set(early_stopping.validation, jax.random.key(0), first.hyper)
    block = suitable_block(task, model, penalty) if block is None else block
    in_turn = curves_at_once(task, model, penalty) == 1
    specification = TrainingSpecification(
        procedure=training.Procedure(task, model, kind, early_stopping, penalty, in_turn),
        base_seed=base_seed,
        block=arguments.whole("block", block, least=1, most=arguments.MOST_BLOCK),
        kept_steps=tuple(kept_steps),
        recorded=recorded,
        # The first record, the last, and others at geometrically growing distances.
        frames=np.unique(np.geomspace(1, len(recorded), frames).round().astype(int)) - 1,
        coefficients=tuple(sorted({*start.hyper.numbers} - {*task.numbers, *transforms.numbers(kind)})),
        continues=initial is not None,
    )
    return specification, start


def check_pure(specification: TrainingSpecification, start: Start) -> None:
    """Raises ValueError if the examples, model, loss or penalty of a training depend on more than their arguments."""
    how, first = specification.procedure, jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), start._replace(initial=None))
    key, validation = training.seed_key(jnp.uint32(specification.base_seed), first.seed), how.early_stopping.validation
    for task in (how.task, *([] if validation is None else [validation])):
        purity.check_task(task, key, first.hyper.numbers)
    purity.check_procedure(how, member_shapes(how), first.hyper.numbers)


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
