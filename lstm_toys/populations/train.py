"""Training of many networks at once: a population, group by group."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

import flax.linen as nn
import jax
import numpy as np
import optax
from jaxtyping import Bool, Float, Int, PyTree

from lstm_toys import arguments, output
from lstm_toys.execution import devices
from lstm_toys.execution.base import Executor
from lstm_toys.execution.devices import Here
from lstm_toys.execution.progress import TrainingProgress
from lstm_toys.execution.signals import Stopped
from lstm_toys.networks.optimizers import Hyper, takes
from lstm_toys.networks.training import LastGood, Penalty
from lstm_toys.networks.transforms import Kind, Own
from lstm_toys.populations import blocks, records
from lstm_toys.populations.checkpoints import Checkpoints, changed
from lstm_toys.populations.group import Answers, Callbacks, Group, GroupState, TrainingJob, last_steps
from lstm_toys.populations.programs import Start, TrainingSpecification
from lstm_toys.populations.specification import specify
from lstm_toys.populations.trained import Networks
from lstm_toys.tasks.goal import NEVER, EarlyStopping
from lstm_toys.tasks.parameters import NUMBER
from lstm_toys.tasks.supervision import Task

Monitor = Callable[[int, Float[np.ndarray, " M"], Bool[np.ndarray, " M"]], bool | None]
"""Called at recorded steps with a group's step, the losses of its members, and whether each has not diverged; returns
True to end the training."""


class Diverged(Exception):
    """Seeds diverged, and were not to; the arguments are their numbers and the step.

    Example:
        A monitor that ends a training when a network diverges:

        >>> import lstm_toys as lt
        >>> def strict(step, losses, sound):
        ...     if not sound.all():
        ...         raise lt.Diverged(np.flatnonzero(~sound).tolist(), step)
        >>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(10))
        >>> lt.train(task, lt.Stack(1), seeds=2, steps=3, learning_rate=1e9, monitor=strict)
        Traceback (most recent call last):
        lstm_toys.populations.train.Diverged: ([0, 1], 1)
    """


class Training:
    """A training, one group of members after another; see `train` for the arguments.

    Attributes:
        member_steps: steps taken so far, summed over members.
        seconds: wall time so far of ``compile``, ``train`` and ``evaluate``. Workers run several stages at once; their
            time is divided in the proportions that each worker measured.
        fingerprints: fingerprints of all executions of the training, this one first.
        answers: answers to an experiment's curves by step and set, ``[M, C, T, A]`` or ``[M, C, A]``, once all members
            are trained.
    """

    def __init__(
        self,
        specification: TrainingSpecification,
        start: Start,
        *,
        executor: Executor | None = None,
        checkpoints: Checkpoints | None = None,
        monitor: Monitor | None = None,
        stop: Callable[[], bool] | None = None,
        on_divergence: Literal["exclude", "stop"] = "exclude",
    ) -> None:
        arguments.choice("on_divergence", on_divergence, "exclude", "stop")
        self.specification, self._start = specification, start
        self._executor, self._checkpoints = executor or Here(), checkpoints
        self._monitor, self._on_divergence = monitor, on_divergence
        self._stop = stop or (lambda: False)
        self.count, self.member_steps, self._every_step = len(start.seed), 0, 0
        self.answers: Mapping[int, Answers] = {}
        size = blocks.group_size(self.count, specification.block, self._executor.devices, self._executor.workers)
        self.group_size = checkpoints.group_size(size, self.count) if checkpoints else size
        self.seconds = dict.fromkeys(("compile", "train", "evaluate"), 0.0)
        self.fingerprints = [devices.fingerprint(specification.block)]

    @property
    def group_count(self) -> int:
        """The number of groups."""
        return -(-self.count // self.group_size)

    @property
    def continued(self) -> bool:
        """Whether some of the steps so far were taken by an earlier execution."""
        return self.member_steps < self._every_step

    def networks(self) -> Networks:
        """Trains every group, and joins their members; raises as `train` does."""
        recorded, whole, finished = self.specification.recorded, dict[str, Any](), list[int]()
        try:
            for members, state in self.groups():
                arrays = _arrays(state)
                if not whole:
                    whole = jax.tree.map(lambda leaf: np.empty((self.count, *leaf.shape[1:]), leaf.dtype), arrays)
                jax.tree.map(lambda to, leaf, own=members: np.copyto(to[own.start : own.stop], leaf), whole, arrays)
                finished += members
        except Stopped as stopped:
            if finished:
                chosen = np.sort(finished)
                part = jax.tree.map(lambda leaf: leaf[chosen], whole)
                stopped.members, stopped.networks = chosen, self._networks(part, chosen, recorded)
            elif stopped.args:
                group, state = stopped.args
                chosen, sound = np.asarray(group.members), state.member["sound"]
                self.member_steps += int(np.maximum(last_steps(sound, state.step) - group.begun, 0).sum())
                state.kept[int(recorded[state.records - 1])] = sound
                part = self._networks(_arrays(state), chosen, recorded[: state.records])
                stopped.members, stopped.networks = chosen, part
            stopped.args = ("training was stopped",)
            raise
        return self._networks(whole, np.arange(self.count), recorded)

    def _networks(
        self, arrays: dict[str, Any], members: Int[np.ndarray, " M"], steps: Int[np.ndarray, " R"]
    ) -> Networks:
        start = jax.tree.map(lambda leaf: np.asarray(leaf)[members], self._start)
        kept, self.answers = arrays.pop("kept"), arrays.pop("answers")
        labeled = records.labeled(self.specification, start, steps, kept[int(steps[-1])], **arrays)
        return self._made(kept, start, labeled)

    def joined(self, groups: Mapping[int, dict[int, LastGood]]) -> Networks:
        """Joins what is kept of all groups, by first member, without records."""
        kept = jax.tree.map(lambda *leaves: np.concatenate(leaves), *(groups[first] for first in sorted(groups)))
        return self._made(kept, self._start)

    def _made(self, kept: dict[int, LastGood], start: Start, labeled: Any = None) -> Networks:
        spec, last = self.specification, max(kept)
        return Networks(
            model=spec.model,
            params=kept[last].params,
            block=spec.block,
            seeds=np.asarray(start.seed).astype(int),
            diverged=np.asarray(kept[last].step) < last,
            numbers=_numbers(spec.optimizer, start.hyper),
            input_features=spec.task.input_features,
            output_features=spec.task.output_features,
            step=last,
            kept={step: each.params for step, each in kept.items()},
            labeled=labeled,
        )

    def groups(self) -> Iterator[tuple[range, GroupState]]:
        """Trains every group, and yields its member numbers and last state, in any order; raises as `train` does."""
        kept, size, last = self._checkpoints, self.group_size, self.specification.kept_steps[-1]
        callbacks = Callbacks(self._record, lambda: kept is not None and kept.due, self._save, self._stop)
        job = TrainingJob(self.specification, size, callbacks)
        ranges = (range(first, min(first + size, self.count)) for first in range(0, self.count, size))
        began = time.perf_counter()
        for group, (state, fingerprint) in self._executor.map(job, map(self._group, ranges), self._stop):
            self._record(group.members, state.losses, state.sound)
            if group.begun < last:
                fingerprint = {**fingerprint, "block": self.specification.block}
                self._note(fingerprint)
                self._save(group, state._replace(answers={}, seconds={}), fingerprint)
            self.member_steps += int(np.maximum(state.last_steps - group.begun, 0).sum())
            self._every_step += int(state.last_steps.sum())
            wall, total = time.perf_counter() - began, sum(state.seconds.values())
            for name, seconds in state.seconds.items():
                self.seconds[name] += wall * seconds / total
            yield group.members, state
            began = time.perf_counter()

    def _group(self, members: range) -> Group:
        """A group in the state of its newest checkpoint, if there is one."""
        start: Start = jax.tree.map(lambda leaf: leaf[members.start : members.stop], self._start)
        fresh, own = Group(members, start), self.fingerprints[0]
        if self._checkpoints is None:
            return fresh
        if (found := self._checkpoints.load(self.specification, fresh, own)) is None:
            return fresh
        state, fingerprints = found
        for fingerprint in fingerprints:
            if fingerprint not in self.fingerprints:
                self._checkpoints.tell(
                    f"warning: the run was begun with another {changed(fingerprint, own)}; bits may differ from those "
                    "of an uninterrupted run"
                )
        self._note(*fingerprints)
        return fresh._replace(state=state)

    def _note(self, *fingerprints: dict[str, Any]) -> None:
        self.fingerprints += [each for each in fingerprints if each not in self.fingerprints]

    def _save(self, group: Group, state: GroupState, fingerprint: dict[str, Any] | None = None) -> None:
        """Saves a checkpoint of a group, computed by this execution or the one with the fingerprint."""
        if self._checkpoints is not None:
            latest = fingerprint or self.fingerprints[0]
            every = [latest, *(each for each in self.fingerprints if each != latest)]
            self._checkpoints.save(self.specification, group, state, every)

    def _record(self, members: range, losses: Float[np.ndarray, "M R"], sound: Bool[np.ndarray, " M"]) -> None:
        """Calls the monitor; raises if an untrained network has no finite loss, or to stop on divergence."""
        seeds, first, last = self._start.seed[np.asarray(members)], losses[:, 0], losses[:, -1]
        if not np.isfinite(first).all():
            raise ValueError(
                f"the loss of the untrained network of seed {seeds[~np.isfinite(first)][0]} is not a finite number: "
                "look at the task's examples, the noise on them and the model's answers"
            )
        step = int(self.specification.recorded[losses.shape[1] - 1])
        if self._monitor is not None:
            self._monitor(step, last, sound)
        # Before the last step a member may recover, unless its loss is NaN.
        diverged = ~sound if step == self.specification.recorded[-1] else np.isnan(last)
        if self._on_divergence == "stop" and diverged.any():
            raise Diverged(np.unique(seeds[diverged]).tolist(), step)


def _arrays(state: GroupState) -> dict[str, Any]:
    """The arrays of trained networks, of one group of members."""
    return {
        name: getattr(state, name)
        for name in ("kept", "losses", "measures", "frames", "validation", "penalty", "answers")
    }


def _numbers(optimizer: Kind, hyper: Hyper) -> dict[str, Float[np.ndarray, " M"]]:
    """The hyperparameters that an optimizer has, and the numbers of training curves, by setting."""
    if isinstance(optimizer, Own):  # Other numbers that it injects are among those of training curves.
        own = {"learning_rate"} & {*optimizer.injected}
    else:
        own = {"learning_rate", *takes(optimizer)}
    traced = {name: getattr(hyper, name) for name in hyper._fields if name in {*own, "noise"}}
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
    monitor: Monitor | bool = False,
) -> Networks:
    """Trains a population of networks; each member is a seed with hyperparameters.

    A hyperparameter is one number for all members, or an array ``[M]`` with one number per member.

    Args:
        model: a `Stack`, or any Flax module that keeps only parameters and whose answers to curves ``[C, T, F]`` have
            the shape of the targets.
        seeds: number of seeds, numbered from 0, or the seed number of each member. A member is bit-identical regardless
            of the other members.
        steps: number of updates, or several such numbers, after each of which parameters are kept.
        learning_rate: step size of the optimizer; None if an optimizer of your own does not inject it.
        optimizer: ``"sgd"``, ``"momentum"``, ``"rmsprop"``, ``"rmsprop_keras"`` or ``"adam"``; or any Optax
            transformation of gradients that draws no random numbers, such as
            ``optax.chain(optax.clip_by_global_norm(1.0), optax.adam(schedule))``. What `optax.inject_hyperparams`
            injects can be given for each member: the learning rate by ``learning_rate``, other numbers by ``numbers``.
        momentum: share of the running sum or mean of gradients kept at each step; None: the optimizer's default. See
            `lstm_toys.networks.optimizers.TAKES`.
        decay: share of the running mean of squared gradients kept at each step; None: the optimizer's default.
        numbers: free parameters of the task's training curves, by name; any numbers that the optimizer injects; and any
            that the penalty takes.
        noise: standard deviation of Gaussian noise on the training inputs, drawn once per seed.
        base_seed: another value gives different networks with the same seed numbers.
        block: number of members that one compiled program computes; another value changes the last bits. None: chosen
            for speed.
        early_stopping: when networks take no more steps, and which parameters are kept; by default the last ones, of
            networks that take all steps.
        initial: networks, one for each member, or parameters of the model, with or without a leading axis M, to train
            on from, on any task and with any optimizer, whose state begins anew. Networks count as diverged if their
            loss exceeds that of these parameters. None: each seed has its own.
        penalty: ``penalty(params, states, numbers)``, a function of `jax.numpy` that returns one number to add to the
            loss of ONE network: of its parameters, its states by layer and name, ``[C, T, H]``, as `lt.states` names
            them, and ``numbers``, so that coefficients can be swept. It gets one or several curves, padding included,
            and should return a mean over them. It is recorded apart, as ``train_penalty``, and not part of the loss.
            LSTMs train slower with it, since their own backward pass does not have the states.
        checkpoints: where checkpoints are saved, and from which training continues if there are any.
        monitor: called at recorded steps with the step, the losses, and a mask of the members that have not diverged.
            If it returns True, the training ends soon with `Stopped`; an exception, such as `Diverged`, ends it, too.
            True: shows steps, rate, loss and the time left, as a bar on a terminal, otherwise as lines.

    Raises:
        ValueError: an argument is invalid, or answers do not have the shape of the targets.
        Stopped: ``monitor`` returned True; a checkpoint has been saved if ``checkpoints`` are given. Its ``networks``
            are those trained so far.
        Damaged: a checkpoint cannot be read; OtherTraining if it is of another training.
        OSError: a checkpoint cannot be written.

    Example:
        >>> import lstm_toys as lt
        >>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(10))
        >>> networks = lt.train(task, lt.Stack(1), seeds=2, steps=20, learning_rate=0.1)
        >>> dict(networks.results.train_loss.sizes)  # One recorded step more than steps.
        {'seed': 2, 'step': 21}
    """
    arguments.kinds(locals(), checkpoints=Checkpoints | None)
    if not isinstance(monitor, bool):
        arguments.function("monitor", monitor, "True, False, or a function of a step, losses and a mask", 3)
    hyper: dict[str, Any] = {"learning_rate": learning_rate, "momentum": momentum, "decay": decay, "noise": noise}
    specification, start = specify(
        task,
        model,
        seeds=seeds,
        steps=steps,
        optimizer=optimizer,
        numbers=numbers,
        base_seed=base_seed,
        block=block,
        early_stopping=early_stopping,
        initial=initial,
        penalty=penalty,
        **hyper,
    )
    if monitor is True:
        with TrainingProgress(output.console(), [1.0]) as bar:
            bar.begin("training", len(start.seed), specification.kept_steps[-1])
            return Training(specification, start, checkpoints=checkpoints, monitor=bar).networks()
    stopped = False

    def told(*records: Any) -> None:
        nonlocal stopped
        answer = monitor(*records) if monitor else None
        stopped |= isinstance(answer, bool | np.bool_) and bool(answer)

    return Training(specification, start, checkpoints=checkpoints, monitor=told, stop=lambda: stopped).networks()
