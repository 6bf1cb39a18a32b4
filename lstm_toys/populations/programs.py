"""The specification of a training, which all members of a population share, and the programs compiled from it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, TypeVar, cast

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree, UInt32

from lstm_toys.execution import devices, lowering
from lstm_toys.networks import training, transforms
from lstm_toys.networks.cells import CELLS
from lstm_toys.networks.optimizers import Hyper
from lstm_toys.networks.stack import Stack
from lstm_toys.networks.training import Penalty, Procedure
from lstm_toys.populations import answering, blocks
from lstm_toys.tasks.supervision import Task

STOPS = 16
"""Most records in one call of the compiled training."""

BROAD = 64
"""Units per layer up to which it is faster to process curves one by one; measured with 8 to 128."""

NUMBER: Any = jax.ShapeDtypeStruct((), np.float32)

T = TypeVar("T")

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
        return self.once("member", partial(member_shapes, self.procedure))

    def once(self, name: Any, make: Callable[[], T]) -> T:
        """Makes something at the first call for a procedure, and returns the same object at later ones."""
        cache, key = self.procedure.task.programs, (name, self.procedure, self.coefficients, self.continues)
        if key not in cache:
            cache[key] = make()
        value: T = cache[key]
        return value

    def programs_digests(self, members: int) -> lowering.Digests:
        """Digests of the programs that train the members, on whose number they do not depend."""
        (initialize, begin), (train_until, end) = calls(self, members, blocks.mesh())
        digests = lowering.lowered("initialization program", initialize, *begin)
        return digests | lowering.lowered("training program", train_until, *end)

    def fingerprint(self, members: int) -> dict[str, Any]:
        """The fingerprint of an execution of the programs that train groups of this many members."""
        programs = [lowering.program(function, *inputs) for function, inputs in calls(self, members, blocks.mesh())]
        return devices.fingerprint(self.block, lapack=any(program.lapack for program in programs))

    def training_digest(self, start: Start) -> str:
        """A digest of everything on which the training of members with this start depends, apart from versions."""
        programs = {**self.programs_digests(len(start.seed)), **lowering.compiled()}
        steps = [list(self.kept_steps), self.recorded, self.frames]
        return lowering.digest(start, self.member, sorted(programs.items()), steps, self.base_seed)

    def digests(self, members: int) -> lowering.Digests:
        """Digests of everything that is computed for some members, except for their start."""
        params, together = self.member.params, blocks.group_size(members, self.block, jax.device_count())
        digests, seeds = self.programs_digests(together), min(members, together)
        for sets in {id(sets): sets for sets in self.curves.values()}.values():
            for name, curves in sets.items():
                ends = self.lengths.get(name)
                digests |= answering.digests_of(self.procedure.model, params, curves, self.block, seeds, name, ends)
        steps, task = [list(self.kept_steps), self.recorded, self.frames, sorted(self.curves)], self.procedure.task
        return digests | {
            "steps": lowering.digest(steps),
            "names": lowering.digest([*task.input_features, *task.output_features]),
            "ahead": lowering.digest(task.ahead),
            "base seed": lowering.digest(self.base_seed),
            **lowering.compiled(),
        }


def compile_programs(
    specification: TrainingSpecification, size: int, mesh: jax.sharding.Mesh
) -> list[jax.stages.Compiled]:
    """Compiles `calls` for groups of ``size`` members; raises InvalidModel."""
    return [function.lower(*inputs).compile() for function, inputs in calls(specification, size, mesh)]


def calls(specification: TrainingSpecification, size: int, mesh: jax.sharding.Mesh) -> list[tuple[Any, Any]]:
    """The two programs of a training for groups of blocks of members, with arguments.

    The first one initializes members; it takes a `Start` and the base seed. The second one takes members, the step they
    have reached, `STOPS` stops and which of them to record, as `training.train_until` does, and reuses the members'
    memory.
    """
    spec = specification

    def make() -> tuple[jax.stages.Wrapped, jax.stages.Wrapped]:
        begin, train = (partial(function, spec.procedure) for function in (_begin, training.train_until))
        together = partial(jax.vmap, axis_name=training.MEMBERS)
        in_turn = blocks.spread(begin, mesh, batch=blocks.members_in_turn)
        return in_turn, blocks.spread(train, mesh, batch=together, donate=True)

    initialize, train_until = spec.once(("programs", mesh), make)
    group = next(blocks.groups(size, size, spec.block, mesh.size))
    blank = _blank(spec.procedure, spec.coefficients, spec.member.params if spec.continues else None)
    member = spec.member._replace(hyper=blank.hyper)
    start, members = (blocks.shapes(one, group, mesh) for one in (blank, member))
    stops = np.zeros(STOPS, np.int32), np.zeros(STOPS, bool)
    return [(initialize, (start, np.uint32(0))), (train_until, (members, np.int32(0), *stops))]


def member_shapes(how: Procedure) -> training.Member:
    """The shapes of ONE member's arrays; raises InvalidModel."""
    shapes: training.Member = jax.eval_shape(partial(_begin, how), _blank(how), np.uint32(0))
    return shapes


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
