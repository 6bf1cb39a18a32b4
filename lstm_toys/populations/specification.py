"""The specification of a training: everything that its results depend on, checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from lstm_toys import arguments, forks
from lstm_toys.execution import lowering
from lstm_toys.networks import training
from lstm_toys.networks.layer import check_model
from lstm_toys.networks.optimizers import Schedule, Scheduled
from lstm_toys.populations import answering, blocks, programs
from lstm_toys.populations.programs import Start
from lstm_toys.tasks.goal import AFTER
from lstm_toys.tasks.supervision import Task

RECORDS = 200
"""Most recorded steps of a training, in addition to step 0."""

MOST = 2**31 - 1


CurveSets = Float[np.ndarray, "_ _ F"] | Mapping[str, Float[np.ndarray, "_ _ F"]]
"""Curves to answer, or sets of them by name, each with its own number of time points."""


@dataclass(frozen=True)
class Specification:
    """Everything that all members of a population share; see also `lstm_toys.train`.

    Attributes:
        kept_steps: steps after which the parameters are kept, in ascending order, including the last step.
        recorded: recorded steps, from 0 to the last.
        frames: indices of the records whose answers are kept.
        curves: curves ``[C, T, F]`` to answer, by kept step; or several sets of such curves, by name.
    """

    task: Task
    model: nn.Module
    optimizer: str | Scheduled
    base_seed: int
    block: int
    kept_steps: tuple[int, ...]
    recorded: Int[np.ndarray, " R"]
    frames: Int[np.ndarray, " K"]
    curves: Mapping[int, CurveSets]
    after: float

    def programs_digests(self, members: int) -> lowering.Digests:
        """Digests of the programs that train the members, on whose number they do not depend."""
        group = next(blocks.groups(members, members, self.block, jax.device_count()))
        return programs.digests_of(self.task, self.model, self.optimizer, group, self.after)

    def digests(self, members: int) -> lowering.Digests:
        """Digests of everything that is computed for some members, except for their start."""
        params = programs.member_shapes(self.task, self.model, self.optimizer).params
        together = blocks.group_size(members, self.block, jax.device_count())
        digests = self.programs_digests(together)
        for curves in {id(each): each for each in self.curves.values()}.values():
            sets = curves if isinstance(curves, Mapping) else {"": curves}
            for name, each in sets.items():
                digests |= answering.digests_of(
                    self.model, params, np.asarray(each), self.block, min(members, together), name
                )
        steps = [list(self.kept_steps), self.recorded, self.frames, sorted(self.curves)]
        return digests | {
            "steps": lowering.digest(steps),
            "names": lowering.digest([*self.task.input_features, *self.task.output_features]),
            "ahead": lowering.digest(self.task.ahead),
            "base seed": lowering.digest(self.base_seed),
            **lowering.compiled(),
        }


def specify(
    task: Task,
    model: nn.Module,
    *,
    seeds: int | Int[np.ndarray, " M"],
    steps: int | Sequence[int],
    learning_rate: float | Float[np.ndarray, " M"] | Schedule,
    optimizer: str = "sgd",
    momentum: float | Float[np.ndarray, " M"] | None = None,
    decay: float | Float[np.ndarray, " M"] | None = None,
    numbers: Mapping[str, float | Float[np.ndarray, " M"]] | None = None,
    noise: float | Float[np.ndarray, " M"] = 0.0,
    base_seed: int = 0,
    block: int | None = None,
    frames: int = 0,
    curves: Mapping[int, CurveSets] | None = None,
    after: float | int = AFTER,
) -> tuple[Specification, Start]:
    """Checks the arguments of `lstm_toys.train`, and separates what members share from each member's start.

    Raises:
        ValueError: an argument is invalid.
    """
    forks.check()
    arguments.instance("task", task, Task, "a Task, such as lt.reproduce makes")
    check_model(model)
    start = programs.starts(
        optimizer,
        seeds=seeds,
        learning_rate=learning_rate,
        momentum=momentum,
        decay=decay,
        noise=noise,
        wanted=task.numbers,
        numbers=numbers,
    )
    if callable(learning_rate):
        _check_schedule(learning_rate)
    base_seed = arguments.whole("base_seed", base_seed, least=0, most=2**32 - 1)
    frames = arguments.whole("frames", frames, least=0, most=1_000_000)
    if arguments.several(steps):
        kept_steps = sorted({*arguments.wholes("steps", steps, least=0, most=MOST)})
    else:
        kept_steps = [arguments.whole("steps", steps, least=0, most=MOST)]
    checked_curves = _checked_curves(curves, kept_steps, task)
    first = jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), start)
    training.check_examples(task, training.seed_key(jnp.uint32(base_seed), first.seed), first.hyper.numbers)
    if block is None:
        block = programs.suitable_block(task, model)
    block = arguments.whole("block", block, least=1, most=MOST)
    if not 0 <= arguments.number("after", after) < 1:
        raise arguments.refused("after", "a share of a curve from 0 to less than 1", after)
    # A record is a forward pass over the whole training set; with minibatches it may take a tenth of the work.
    recorded = recorded_steps(kept_steps, 1 if task.batch is None else 3 * programs.shown(task)[0] // task.batch)
    specification = Specification(
        task=task,
        model=model,
        optimizer=Scheduled(optimizer, learning_rate) if callable(learning_rate) else optimizer,
        base_seed=base_seed,
        block=block,
        kept_steps=tuple(kept_steps),
        recorded=recorded,
        frames=frame_indices(len(recorded), frames),
        curves=checked_curves,
        after=float(after),
    )
    return specification, start


def recorded_steps(steps: Sequence[int], least: int = 1) -> Int[np.ndarray, " R"]:
    """Step 0, the kept ``steps``, and evenly spaced steps, at least ``least`` apart, about `RECORDS` in all."""
    between = np.arange(0, max(steps), max(least, -(-max(steps) // RECORDS)))
    return np.unique(np.concatenate([[0], between, steps])).astype(np.int32)


def frame_indices(records: int, frames: int) -> Int[np.ndarray, " K"]:
    """The records to keep as frames: the first, the last, and others at geometrically growing distances."""
    return np.unique(np.geomspace(1, records, frames).round().astype(int)) - 1


def _check_schedule(schedule: Schedule) -> None:
    """Raises ValueError if a schedule does not return one number for a step."""
    try:
        rate = jax.eval_shape(schedule, jax.ShapeDtypeStruct((), np.int32))
    except TypeError:  # Its message has many lines.
        expected = "a schedule that JAX can trace, with jnp.where where Python has if"
        raise arguments.refused("learning_rate", expected, schedule) from None
    if getattr(rate, "shape", None) != () or not np.issubdtype(rate.dtype, np.number):
        raise arguments.refused("learning_rate", "a schedule from the number of a step to one number", rate)


def _checked_curves(curves: Mapping[int, CurveSets] | None, steps: Sequence[int], task: Task) -> dict[int, CurveSets]:
    """Returns the curves to answer, by step, as arrays."""
    if curves is None:
        return {}
    arguments.instance("curves", curves, Mapping, "curves by steps")
    checked: dict[int, CurveSets] = {}
    for step, each in curves.items():
        if step not in steps:
            raise ValueError(
                f"curves are answered after steps whose parameters are kept, not after {arguments.brief(step)}"
            )
        axes, place = f"C T {len(task.input_features)}", f"curves[{step}]"
        checked[arguments.whole("curves", step)] = (
            {name: arguments.array(f"{place}[{name!r}]", curves, axes, empty=True) for name, curves in each.items()}
            if isinstance(each, Mapping)
            else arguments.array(place, each, axes, empty=True)
        )
    return checked
