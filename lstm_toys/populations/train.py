"""Training of many networks at once: a population, group by group, and each group call by call."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import flax.linen as nn
import jax
import numpy as np
import optax
from jaxtyping import Bool, Float, Int, PyTree

from lstm_toys import arguments, output
from lstm_toys.execution.devices import Executor
from lstm_toys.execution.progress import TrainingProgress
from lstm_toys.execution.signals import Stopped
from lstm_toys.networks import training
from lstm_toys.networks.optimizers import Hyper, named
from lstm_toys.networks.training import Penalty
from lstm_toys.networks.transforms import CustomOptimizer, Kind
from lstm_toys.populations import answering, blocks, programs
from lstm_toys.populations.checkpoints import CHANGING, Checkpoints, Group, Recorded, changed, last_steps
from lstm_toys.populations.programs import Start, TrainingSpecification, specify
from lstm_toys.populations.trained import Networks, varied
from lstm_toys.tasks.goal import NEVER, EarlyStopping
from lstm_toys.tasks.parameters import NUMBER
from lstm_toys.tasks.supervision import Task

CALL_SECONDS = 1.0
"""Target for the longest call of the compiled training; between calls the host can act."""

Monitor = Callable[[Recorded], bool | None]
"""Called at recorded steps with the records of a group of members; returns True to end the training."""


class Diverged(Exception):
    """Networks diverged, and ``on_divergence="stop"`` or a monitor ended the training.

    The arguments are the seed numbers of these networks, and the step at which it was noticed.

    Example:
        A monitor that ends a training when a network diverges:

        >>> import lstm_toys as lt
        >>> def strict(recorded):
        ...     if not recorded.sound.all():
        ...         raise lt.errors.Diverged(np.flatnonzero(~recorded.sound).tolist(), recorded.step)
        >>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(10))
        >>> lt.train(task, lt.Stack(1), seeds=2, steps=3, learning_rate=1e9, monitor=strict)
        Traceback (most recent call last):
        lstm_toys.populations.train.Diverged: ([0, 1], 1)
    """


@dataclass(eq=False)
class PopulationTraining:
    """A training, one group of members after another; see `train` for the arguments.

    Attributes:
        member_steps: steps taken so far, summed over members.
        watch: called with a group and the number of each of its records in turn; returns True to end the training.
        seconds: wall time so far of ``compile``, ``train`` and ``evaluate``. Workers run several stages at once; their
            time is divided in the proportions that each worker measured.
        fingerprints: fingerprints of all executions of the training, this one first.
    """

    specification: TrainingSpecification
    start: Start
    executor: Executor = field(default_factory=Executor)
    checkpoints: Checkpoints | None = None
    watch: Callable[[Group, int], object] | None = None
    stop: Callable[[], bool] = bool  # Which returns False.
    on_divergence: Literal["exclude", "stop"] = "exclude"

    _monitor_stopped = False
    _steps_of_call = 1

    def __post_init__(self) -> None:
        self.count, self.member_steps, self._total_steps = len(self.start.seed), 0, 0
        size = blocks.group_size(self.count, self.specification.block, self.executor.devices, self.executor.workers)
        self.group_size = self.checkpoints.group_size(size, self.count) if self.checkpoints else size
        self.seconds = dict.fromkeys(("compile", "train", "evaluate"), 0.0)
        self.fingerprints = [self.specification.fingerprint(self.group_size)]

    def __getstate__(self) -> dict[str, Any]:
        """The state that a worker needs, which trains groups, but neither monitors nor saves them."""
        return {"specification": self.specification, "group_size": self.group_size}

    @property
    def continued(self) -> bool:
        """Whether some of the steps so far were taken by an earlier execution."""
        return self.member_steps < self._total_steps

    def networks(self) -> Networks:
        """Trains every group, and joins their members; raises as `train` does."""
        finished = list[Group]()
        try:
            for group in self.groups():
                finished.append(group)
        except Stopped as stopped:
            if stopped.args and not finished:
                (group,) = finished = [*stopped.args]
                sound = group.member["sound"]
                self.member_steps += int(np.maximum(last_steps(sound, group.step) - group.begun, 0).sum())
                group.kept[int(self.specification.recorded[group.records - 1])] = sound
            if finished:
                stopped.members = np.sort(np.concatenate([group.members for group in finished]))
                stopped.networks = self.joined(finished)
            stopped.args = ("training was stopped",)
            raise
        return self.joined(finished)

    def joined(self, groups: Iterable[Group]) -> Networks:
        """Joins groups in the order of their members; without records, the networks have no results."""
        ordered, spec = sorted(groups, key=lambda group: group.members.start), self.specification
        start, kept, record = blocks.joined((group.start, group.kept, group.record) for group in ordered)
        how, last, whole = spec.procedure, max(kept), Group(range(self.count), start, kept=kept, record=record)
        numbers = _numbers(how.optimizer, start.hyper)
        return Networks(
            model=how.model,
            params=kept[last].params,
            block=spec.block,
            seeds=np.asarray(start.seed).astype(int),
            diverged=np.asarray(kept[last].step) < last,
            numbers=numbers,
            input_features=how.task.input_features,
            output_features=how.task.output_features,
            step=last,
            kept={step: sound.params for step, sound in kept.items()},
            labeled=None if record is None else whole.labeled(spec, last, varied(numbers)),
        )

    def groups(self) -> Iterator[Group]:
        """Trains every group, and yields it, in any order; raises as `train` does."""
        size, last = self.group_size, self.specification.kept_steps[-1]
        ranges = (range(first, min(first + size, self.count)) for first in range(0, self.count, size))
        began = time.perf_counter()
        for _, group in self.executor.map(self._train, map(self._begun, ranges), self._stopping):
            self._look(group, len(self.specification.recorded) - 1)
            if group.begun < last:
                self._note(group.fingerprint)
                self._save(group)
            self.member_steps += int(np.maximum(group.taken - group.begun, 0).sum())
            self._total_steps += int(group.taken.sum())
            wall, total = time.perf_counter() - began, sum(group.seconds.values())
            for name, seconds in group.seconds.items():
                self.seconds[name] += wall * seconds / total
            yield group
            began = time.perf_counter()

    def _begun(self, members: range) -> Group:
        """A new group, or one in the state of its newest checkpoint."""
        group = Group(members, jax.tree.map(lambda leaf: leaf[members.start : members.stop], self.start))
        if self.checkpoints is not None:
            current = self.fingerprints[0]
            for fingerprint in (fingerprints := self.checkpoints.restore(self.specification, group, current)):
                if fingerprint not in self.fingerprints:
                    self.checkpoints.tell(
                        f"warning: the run was begun with another {changed(fingerprint, current)}; bits may differ "
                        "from those of an uninterrupted run"
                    )
            self._note(*fingerprints)
        return group

    def _train(self, group: Group) -> Group:
        """Trains a group, and computes its answers; raises Stopped, with the saved group, to stop."""
        spec, began = self.specification, time.perf_counter()
        group = replace(group, kept={**group.kept}, answers={})  # A worker that tries again gets the same group.
        if unfinished := group.records < len(spec.recorded):
            if group.records:
                self._look(group, group.records - 1)
            _ = self._programs
        compiled = time.perf_counter()
        if unfinished:
            self._take_steps(group)
        trained = time.perf_counter()
        for kept, curves in spec.curves.items():
            networks = spec.procedure.model, group.kept[kept].params
            group.answers[kept] = {
                name: answering.answers(networks, inputs, lengths=spec.lengths.get(name), block=spec.block)
                for name, inputs in curves.items()
            }
        group.seconds = {"compile": compiled - began, "train": trained - compiled}
        group.seconds["evaluate"] = time.perf_counter() - trained
        group.fingerprint = spec.fingerprint(self.group_size)
        return group

    def _take_steps(self, group: Group) -> None:
        """Trains a group call by call: begins a call, adds the records of the one before, and saves if that is due.

        Raises Stopped, with the saved group, if the training is to stop before its last step.
        """
        spec, count, total = self.specification, len(group.members), len(self.specification.recorded)
        _, train_until = self._programs
        members, step, requested = self._placed(group), group.step, group.records
        pending: tuple[training.Record, Bool[np.ndarray, " stops"]] | None = None
        while requested < total:
            began = time.perf_counter()
            stops, recorded = next_stops(spec, step, requested, self._steps_of_call)
            members, record = train_until(members, np.int32(step), stops, recorded)
            step, requested = int(stops[-1]), requested + int(recorded.sum())
            if step in spec.kept_steps:
                group.kept[step] = blocks.flat(members.sound, count)
            self._add(group, pending)  # While the devices compute these steps.
            pending = record, recorded
            self._choose_steps_of_call(time.perf_counter() - began)
            stopping = self._stopping()
            if stopping or (self.checkpoints is not None and self.checkpoints.due):
                self._add(group, pending)
                pending, changing = None, {name: getattr(members, name) for name in CHANGING}
                group.step, group.member = step, blocks.flat(changing, count) if requested < total else {}
                self._save(group)
                if stopping and requested < total:
                    raise Stopped(group)
        self._add(group, pending)
        group.step, group.member = step, {}

    def _choose_steps_of_call(self, seconds: float) -> None:
        """Takes more or fewer steps in the next call, by the seconds of the last one; results do not depend on it."""
        if seconds < CALL_SECONDS / 2:
            self._steps_of_call = min(2 * self._steps_of_call, 2**30)
        elif seconds > CALL_SECONDS:
            self._steps_of_call = max(1, self._steps_of_call // 2)

    @cached_property
    def _programs(self) -> list[jax.stages.Compiled]:
        return programs.compile_programs(self.specification, self.group_size)

    def _placed(self, group: Group) -> training.Member:
        """Puts the members of a group on the devices, as far as they have been trained."""
        how = self.group_size, self.specification.block
        ((_, start),) = blocks.placed(group.start, *how)
        fresh = self._programs[0](start, np.uint32(self.specification.base_seed))
        if not group.member:
            return fresh
        ((_, trained),) = blocks.placed(group.member, *how)
        return fresh._replace(**trained)

    def _add(self, group: Group, pending: tuple[training.Record, Bool[np.ndarray, " stops"]] | None) -> None:
        """Waits for the records of a call, adds them to a group, and looks at all but the last of the training."""
        if pending is not None:
            record, recorded = blocks.flat(pending[0], len(group.members)), pending[1]
            first = group.records
            group.add(self.specification, jax.tree.map(lambda leaf: leaf[:, recorded], record))
            for number in range(first, min(group.records, len(self.specification.recorded) - 1)):
                self._look(group, number)

    def _look(self, group: Group, number: int) -> None:
        """Has a record watched; raises if an untrained network has no finite loss, or to stop on divergence."""
        seeds, record, recorded = group.start.seed, group.record, self.specification.recorded
        first, last, sound = record.loss[:, 0], record.loss[:, number], record.sound[:, number]
        if not np.isfinite(first).all():
            raise ValueError(
                f"the loss of the untrained network of seed {seeds[~np.isfinite(first)][0]} is not a finite number: "
                "look at the task's examples, the noise on them and the model's answers"
            )
        answer = None if self.watch is None else self.watch(group, number)
        self._monitor_stopped |= isinstance(answer, bool | np.bool_) and bool(answer)
        # Before the last step a member may recover, unless its loss is NaN.
        diverged = ~sound if number == len(recorded) - 1 else np.isnan(last)
        if self.on_divergence == "stop" and diverged.any():
            raise Diverged(np.unique(seeds[diverged]).tolist(), int(recorded[number]))

    def _stopping(self) -> bool:
        return self._monitor_stopped or bool(self.stop())

    def _note(self, *fingerprints: dict[str, Any]) -> None:
        self.fingerprints += [fingerprint for fingerprint in fingerprints if fingerprint not in self.fingerprints]

    def _save(self, group: Group) -> None:
        """Saves a checkpoint of a group, computed by this execution or the one with the group's fingerprint."""
        if self.checkpoints is not None:
            latest = group.fingerprint or self.fingerprints[0]
            others = [fingerprint for fingerprint in self.fingerprints if fingerprint != latest]
            self.checkpoints.save(self.specification, group, [latest, *others])


def next_stops(
    specification: TrainingSpecification, step: int, requested: int, steps: int
) -> tuple[Int[np.ndarray, " stops"], Bool[np.ndarray, " stops"]]:
    """Chooses the stops of the next call, at most ``steps`` ahead, and at which of them to record.

    ``requested`` records were requested so far. Fewer steps are taken if parameters are kept earlier, or for
    `programs.STOPS`.
    """
    ahead = specification.recorded[requested:]
    limit = min(step + steps, next(kept for kept in specification.kept_steps if kept >= ahead[0]))
    stops = np.unique(np.append(ahead[ahead <= limit], limit))[: programs.STOPS]
    padding = programs.STOPS - len(stops)
    return np.pad(stops, (0, padding), mode="edge").astype(np.int32), np.pad(np.isin(stops, ahead), (0, padding))


def _numbers(optimizer: Kind, hyper: Hyper) -> dict[str, Float[np.ndarray, " M"]]:
    """The hyperparameters that an optimizer has, and the numbers of training curves, by setting."""
    if isinstance(optimizer, CustomOptimizer):  # Other numbers that it injects are among those of training curves.
        names = {"learning_rate"} & {*optimizer.injected}
    else:
        names = {"learning_rate", *named(optimizer).defaults}
    traced = {name: getattr(hyper, name) for name in hyper._fields if name in {*names, "noise"}}
    return traced | {f"{NUMBER}{name}": values for name, values in hyper.numbers.items()}


def train(
    task: Task,
    model: nn.Module,
    *,
    seeds: int | Int[np.ndarray, " M"],
    steps: int | Sequence[int],
    learning_rate: float | Float[np.ndarray, " M"] | None = None,
    optimizer: str | optax.GradientTransformation = "sgd",
    momentum: float | Float[np.ndarray, " M"] | None = None,
    decay: float | Float[np.ndarray, " M"] | None = None,
    numbers: Mapping[str, float | Float[np.ndarray, " M"]] | None = None,
    noise: float | Float[np.ndarray, " M"] = 0.0,
    base_seed: int = 0,
    block: int | None = None,
    early_stopping: EarlyStopping = NEVER,
    initial: Networks | PyTree | None = None,
    penalty: Penalty | None = None,
    checkpoints: Checkpoints | None = None,
    monitor: Monitor | None = None,
    progress: bool = True,
) -> Networks:
    """Trains a population of networks; each member is a seed with hyperparameters.

    A hyperparameter is one number for all members, or an array ``[M]`` with one number per member. The loss, and the
    errors or accuracies, are recorded at step 0, at the kept steps, and at up to 200 evenly spaced steps.

    Args:
        task: the examples that networks learn and their loss, such as `lt.reproduce` makes. Each seed has its own
            examples if they depend on the random key.
        model: a `Stack`, or any Flax module that keeps only parameters and whose answers to curves ``[C, T, F]`` have
            the shape of the targets.
        seeds: number of seeds, numbered from 0, or the seed number of each member. A member is bit-identical regardless
            of the other members.
        steps: number of updates, or several such numbers, after each of which parameters are kept for `Networks.at`.
            With 0, networks stay untrained.
        learning_rate: step size of the optimizer, above 0; None if a user-defined optimizer does not inject it.
        optimizer: ``"sgd"``, ``"momentum"``, ``"rmsprop"``, ``"rmsprop_keras"`` or ``"adam"``; or any Optax
            transformation of gradients that draws no random numbers, such as
            ``optax.chain(optax.clip_by_global_norm(1.0), optax.adam(schedule))``. What `optax.inject_hyperparams`
            injects can be given for each member: the learning rate by ``learning_rate``, other numbers by ``numbers``.
        momentum: share of the running sum (``"momentum"``) or mean (``"adam"``) of gradients kept at each step; None:
            0.9. Other optimizers take none.
        decay: share of the running mean of squared gradients kept at each step; None: 0.9 for ``"rmsprop"`` and
            ``"rmsprop_keras"``, 0.999 for ``"adam"``. Other optimizers take none.
        numbers: free parameters of the task's training curves, by name; any numbers that the optimizer injects; and any
            that the penalty takes. They can differ between members without compiling anew.
        noise: standard deviation of Gaussian noise that is added to the training inputs, in their unit. It is drawn
            once per seed, or, with fresh examples, at every step.
        base_seed: a whole number from 0 to 2^32 - 1. Another one gives different networks with the same seed numbers.
        block: number of members that one compiled program computes; another value changes the last bits. None: chosen
            for speed on a CPU, for memory on an accelerator.
        early_stopping: when networks take no more steps, and which parameters are kept; by default the last ones, of
            networks that take all steps.
        initial: networks, one for each member, or parameters of the model, with or without a leading axis M, to train
            on from, on any task and with any optimizer, whose state begins anew, as do the keys of fresh examples.
            Without fresh examples, networks count as diverged if their last loss exceeds that of these parameters.
            None: each seed has its own.
        penalty: ``penalty(params, states, numbers)``, a function of `jax.numpy` that returns one number to add to the
            loss of ONE network: of its parameters, its states by layer and name, ``[C, T, H]``, as `lt.states` names
            them, and ``numbers``, so that coefficients can be swept. It is computed once for all curves of the step,
            those of its batch if there are batches, padding included. It is recorded apart, as ``train_penalty``, over
            the whole recorded set, and is not part of the loss. LSTMs train slower with it, since their own backward
            pass does not have the states.
        checkpoints: where checkpoints are saved, and from which training continues if there are any.
        monitor: called at recorded steps with the `Recorded` of one group of members at a time. If it returns True, the
            training ends soon with `Stopped`; an exception, such as `Diverged`, ends it, too.
        progress: whether a terminal or a notebook shows steps, rate, loss, the time left, and from where the training
            continues. Elsewhere, nothing is shown.

    Returns:
        The trained networks, in the order of the members, with labeled results in ``results``. A diverged network has
        the parameters of the last record before it diverged.

    Raises:
        ValueError: an argument is invalid, answers do not have the shape of the targets, or a function draws numbers
            from elsewhere than its key, such as `numpy.random`, which JAX would freeze.
        Stopped: ``monitor`` returned True; a checkpoint has been saved if ``checkpoints`` are given. Its ``networks``
            are those trained so far.
        Damaged: a checkpoint cannot be read; OtherTraining if it is of another training.
        OSError: a checkpoint cannot be written.

    Example:
        >>> import lstm_toys as lt
        >>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(10))
        >>> networks = lt.train(task, lt.Stack(1), seeds=2, steps=20, learning_rate=0.1)
        >>> dict(networks.results.training.train_loss.sizes)  # One recorded step more than steps.
        {'seed': 2, 'step': 21}
    """
    specified = {name: value for name, value in locals().items() if name not in ("checkpoints", "monitor", "progress")}
    arguments.kinds(locals(), checkpoints=Checkpoints | None, progress=bool)
    if monitor is not None:
        arguments.function("monitor", monitor, "None, or a function of an lt.Recorded", 1)
    specification, start = specify(**specified)
    programs.check_pure(specification, start)
    with TrainingProgress(output.python_console(progress=progress), [1.0]) as bar:
        bar.begin("training", len(start.seed), specification.kept_steps[-1])
        if checkpoints is not None and checkpoints.newest:
            bar.tell(f"continues from {checkpoints.newest}")

        def watch(group: Group, number: int) -> bool | None:
            recorded = group.recorded(specification, number)
            bar(*recorded[:3])
            return None if monitor is None else monitor(recorded)

        return PopulationTraining(specification, start, checkpoints=checkpoints, watch=watch).networks()
