"""The compiled programs of a training, and the start of its members."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt32

from lstm_toys import arguments
from lstm_toys.execution import lowering
from lstm_toys.networks import sizes, training
from lstm_toys.networks.cells import CELLS
from lstm_toys.networks.optimizers import BOUNDS, Hyper, Schedule, Scheduled, takes
from lstm_toys.networks.stack import Stack
from lstm_toys.populations import blocks
from lstm_toys.tasks.goal import AFTER
from lstm_toys.tasks.supervision import Task

STOPS = 16
"""Most records in one call of the compiled training."""

BROAD = 64
"""Units per layer up to which it is faster to process curves one by one; measured with 8 to 128."""


class Start(NamedTuple):
    """Everything that differs between members of a population: seed numbers and hyperparameters."""

    seed: UInt32[Array, "*M"] | UInt32[np.ndarray, "*M"]
    hyper: Hyper


def starts(
    optimizer: str,
    *,
    seeds: int | Int[np.ndarray, " M"],
    wanted: Sequence[str] = (),
    numbers: Mapping[str, float | Float[np.ndarray, " M"]] | None = None,
    **hyper: float | Float[np.ndarray, " M"] | Schedule | None,
) -> Start:
    """Checks seeds and hyperparameters, and returns them for every member, every leaf ``[M]``; see `train.train`.

    Args:
        wanted: names of the task's training numbers, which ``numbers`` must have.

    Raises:
        ValueError: no seed, a repeated seed, an unknown optimizer, a hyperparameter that the optimizer does not take or
            that is outside `BOUNDS`, or training numbers that differ from the task's.
    """
    if arguments.several(seeds):
        members = np.array(arguments.wholes("seeds", seeds, least=0, most=2**32 - 1))
    else:
        members = np.arange(arguments.whole("seeds", seeds, least=1, most=2**31 - 1))
    values = {} if numbers is None else numbers
    arguments.mapping("numbers", values, "training numbers by name")
    if set(values) != set(wanted):
        raise ValueError(f"this task takes the training numbers {sorted(wanted)}, not {sorted(values)}")
    chosen = {name: value for name, value in hyper.items() if value is not None or name == "learning_rate"}
    defaults = takes(optimizer)
    for name in ("momentum", "decay"):
        if name in chosen and name not in defaults:
            raise arguments.refused(name, f"None, since {optimizer} has no {name}", chosen[name])

    def column(name: str, value: Any, **bounds: int) -> Float[np.ndarray, " M"]:
        arguments.known(name, value)
        checked = arguments.numbers(name, value, str(len(members)), **bounds)
        return np.broadcast_to(np.asarray(checked, float), members.shape)

    columns = {
        name: np.full(members.shape, np.nan) if callable(value) else column(name, value, **BOUNDS[name])
        for name, value in ({"momentum": 0.0, "decay": 0.0, "noise": 0.0} | defaults | chosen).items()
    }
    of_task = {name: column(name, values[name]) for name in wanted}
    if arguments.several(seeds):
        _refuse_twice(members, [*columns.values(), *of_task.values()])
    single = {name: each.astype(np.float32) for name, each in columns.items()}
    numbers_of = {name: each.astype(np.float32) for name, each in of_task.items()}
    return Start(members.astype(np.uint32), Hyper(**single, numbers=numbers_of))


def _refuse_twice(seeds: Int[np.ndarray, " M"], columns: Sequence[Float[np.ndarray, " M"]]) -> None:
    """Raises ValueError if two members have the same seed and hyperparameters, and so are the same network."""
    rows = np.stack([seeds.astype(float), *map(np.nan_to_num, columns)], axis=1)
    _, first, counts = np.unique(rows, axis=0, return_index=True, return_counts=True)
    if (counts > 1).any():
        repeated = seeds[first[counts > 1][0]]
        raise ValueError(f"seeds must be different under the same hyper-parameters, and {repeated} is there twice")


def unspecified(task: Task) -> dict[str, Float[Array, ""]]:
    """Placeholder values of a task's training numbers, for shapes."""
    return dict.fromkeys(task.numbers, jnp.float32(1))


def curves_at_once(task: Task, model: nn.Module) -> int:
    """Returns how many curves of a step are differentiated at once: one, or all.

    One on a CPU, where several save no time and overflow the caches; all for layers of more units than `BROAD`, on an
    accelerator, and for a model that may not answer each curve separately.
    """
    curves, _, features = shown(task)
    apart = isinstance(model, Stack) and model.cell in CELLS and max(sizes.size(model, features).widths) <= BROAD
    return 1 if apart and jax.default_backend() == "cpu" else task.batch or curves


def suitable_block(task: Task, model: nn.Module) -> int:
    """The default block of a training; see `blocks.default_block`."""
    curves, timesteps, features = shown(task)
    at_once = curves_at_once(task, model)
    values = at_once * timesteps * max(sizes.size(model, features).widths)
    return blocks.default_block(values, in_turn=at_once < (task.batch or curves))


def work(task: Task, model: nn.Module) -> float:
    """Returns the approximate number of multiplications in one step of one member, to estimate the time left."""
    curves, timesteps, features = shown(task)
    return float((task.batch or curves) * timesteps * sizes.size(model, features).work)


class Programs(NamedTuple):
    """Compiled programs for groups of blocks of members, from `lstm_toys.networks.training`.

    Attributes:
        initialize: takes a `Start` and the base seed, returns members.
        train_until: takes members, the step they have reached, `STOPS` stops and which of them to record, returns
            members and `training.Record`; see `training.train_until`. Reuses the members' memory.
    """

    initialize: Callable[..., training.Member]
    train_until: Callable[..., tuple[training.Member, training.Record]]


def compile_programs(
    task: Task,
    model: nn.Module,
    optimizer: str | Scheduled,
    group: Int[np.ndarray, "blocks N"],
    mesh: jax.sharding.Mesh,
    after: float | int = AFTER,
) -> Programs:
    """Compiles a training; only the shape of ``group``, blocks of member numbers, matters.

    Raises:
        InvalidModel: the model cannot be trained on the task; see `lstm_toys.networks.training`.
    """
    lowered = (function.lower(*given) for function, given in calls(task, model, optimizer, group, mesh, after))
    return Programs(*(each.compile() for each in lowered))


CALL = (np.int32(0), np.zeros(STOPS, np.int32), np.zeros(STOPS, bool))
"""Arguments of `Programs.train_until` after the members, for shapes."""

Call = tuple[jax.stages.Wrapped, tuple[Any, ...]]
"""A function, and arguments of the shapes with which it is called."""


def calls(
    task: Task,
    model: nn.Module,
    optimizer: str | Scheduled,
    group: Int[np.ndarray, "blocks N"],
    mesh: jax.sharding.Mesh,
    after: float | int = AFTER,
) -> tuple[Call, Call]:
    """The functions that `Programs` are compiled from, and how they are called."""
    initialize, train_until = functions(task, model, optimizer, mesh, after)
    start, members = place(group, _blank(task), mesh), blocks.shapes(member_shapes(task, model, optimizer), group, mesh)
    return (initialize, (start, np.uint32(0))), (train_until, (members, *CALL))


_functions: dict[Any, tuple[Task, tuple[jax.stages.Wrapped, jax.stages.Wrapped]]] = {}


def functions(
    task: Task, model: nn.Module, optimizer: str | Scheduled, mesh: jax.sharding.Mesh, after: float | int = AFTER
) -> tuple[jax.stages.Wrapped, jax.stages.Wrapped]:
    """Initialization and training of blocks of members; made once, so that each is traced and lowered once."""
    key = (id(task), model, optimizer, mesh, float(after))
    if key not in _functions:
        curves_in_turn = curves_at_once(task, model) == 1
        train = partial(training.train_until, task, model, optimizer, after=after, curves_in_turn=curves_in_turn)
        begin = partial(_begin, task, model, optimizer)
        made = blocks.spread(begin, mesh, batch=blocks.members_in_turn), blocks.spread(train, mesh, donate=True)
        _functions[key] = task, made  # Keeping the task keeps its id unique.
    return _functions[key][1]


_digests: dict[Any, tuple[Task, lowering.Digests]] = {}


def digests_of(
    task: Task,
    model: nn.Module,
    optimizer: str | Scheduled,
    group: Int[np.ndarray, "blocks N"],
    after: float | int = AFTER,
) -> lowering.Digests:
    """Digests of the programs of a training, which do not depend on the number of blocks in the group."""
    mesh, key = blocks.mesh(), (id(task), model, optimizer, group.shape[1], float(after))
    if key not in _digests:
        initialize, train_until = calls(task, model, optimizer, group, mesh, after)
        digests = lowering.lowered("initialization", initialize[0], *initialize[1])
        digests |= lowering.lowered("training", train_until[0], *train_until[1])
        _digests[key] = task, digests
    return _digests[key][1]


def member_shapes(task: Task, model: nn.Module, optimizer: str | Scheduled) -> training.Member:
    """The shapes of ONE member's arrays."""
    one = jax.tree.map(lambda leaf: leaf[0], _blank(task))
    shapes: training.Member = jax.eval_shape(partial(_begin, task, model, optimizer), one, np.uint32(0))
    return shapes


def _blank(task: Task) -> Start:
    """The start of one member, for shapes."""
    numbers = dict.fromkeys(task.numbers, 0.0)
    return starts("sgd", seeds=1, wanted=task.numbers, numbers=numbers, learning_rate=1.0)


def _begin(
    task: Task, model: nn.Module, optimizer: str | Scheduled, start: Start, base: UInt32[Array, ""]
) -> training.Member:
    """Initializes a member."""
    return training.init(task, model, optimizer, training.seed_key(base, start.seed), start.hyper)


def place(group: Int[np.ndarray, "blocks N"], members: Start, mesh: jax.sharding.Mesh) -> Start:
    """Puts the start of a group's members on the devices; numbers past the last member are padding."""
    return blocks.place(jax.tree.map(lambda leaf: leaf.take(group, mode="clip"), members), mesh)


def shown(task: Task) -> tuple[int, int, int]:
    """The numbers of curves, time points and features of a training set."""
    curves, timesteps, features = jax.eval_shape(task.made, jax.random.key(0), unspecified(task)).inputs.shape
    return curves, timesteps, features
