"""An experiment under the settings of a population: its checked task, network, optimizer, probes and curves."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from lstm_toys import results
from lstm_toys.execution.digests import Digests, digest
from lstm_toys.networks import purity, training, transforms
from lstm_toys.networks.cells import InvalidModel
from lstm_toys.networks.layer import check_model
from lstm_toys.networks.stack import Stack
from lstm_toys.networks.training import Procedure, answers_to, loss
from lstm_toys.networks.transforms import CustomOptimizer, Kind
from lstm_toys.populations import programs
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.identity import SWEPT, TRACED, Settings
from lstm_toys.runs.study import Refused, described_error
from lstm_toys.tasks.goal import Goal
from lstm_toys.tasks.parameters import HISTORY, NUMBER, PART, TRAINING
from lstm_toys.tasks.probes import SHARED, Probe, by_points, by_probe, check_probes, curves_of, lengths_of
from lstm_toys.tasks.supervision import UNTRACEABLE, Examples, Task, accuracies_of, loss_text


class ExperimentCurves(NamedTuple):
    """The curves that the networks of an experiment are trained on and answer.

    Attributes:
        training: the training set, of the first seed if they differ; with fresh examples the validation set.
        x: the time points of the training set.
    """

    task: Task
    training: Examples
    probes: Sequence[Probe]
    x: Float[Array, " T"]

    def shown(self, *, training: bool = True) -> list[Probe]:
        """The probes, by default after one of the first training curve, `TRAINING`."""
        if not training:
            return [*self.probes]
        inputs, _, lengths, _ = jax.tree.map(np.asarray, self.training)
        return [Probe(TRAINING, inputs[:1], {}, lengths=None if lengths is None else lengths[:1]), *self.probes]

    def answered(self, *, training: bool = True) -> dict[str, Float[np.ndarray, "C T F"]]:
        """The inputs of `shown`, by set: one set of all with the time points of the training, others by their names."""
        return curves_of(self.task, by_points(self.shown(training=training), self.x), len(self.x))

    def lengths(self, *, training: bool = True) -> dict[str, Int[np.ndarray, " C"]]:
        """The lengths of the `answered` curves, of sets in which some end early, if networks answer once per curve."""
        return lengths_of(self.task, by_points(self.shown(training=training), self.x))

    def labeled(
        self,
        experiment: Experiment,
        networks: Any,
        answers: Mapping[str, Float[np.ndarray, "S _ ..."]],
        *,
        training: bool = True,
    ) -> Any:
        """Makes the tree of results: values of networks, and their answers to `answered`, in the experiment's units.

        Args:
            experiment: the experiment, whose scaling is undone.
            networks: the labeled values of the networks.
            answers: the answers to each set of `answered` curves, by its name.
            training: whether the sets include the first training curve.
        """
        probed = by_probe(self.shown(training=training), answers)
        learned = probed.pop(TRAINING)[:, 0] if training else None
        of_curves = self.task, np.asarray(self.x), experiment.span, self.training, learned, self.probes, probed
        return results.arrays.in_units(results.arrays.tree(networks, *of_curves), experiment.scaling)


@dataclass(frozen=True)
class Prepared:
    """An experiment under the settings of a population; its parts are made once, and only when needed."""

    experiment: Experiment
    settings: Settings

    @property
    def x(self) -> Float[Array, " T"]:
        """As many evenly spaced values over the experiment's range as the settings say."""
        return self.experiment.at(self.settings.timesteps)[0]

    @property
    def task(self) -> Task:
        """The same object for all settings with as many time points, so that compiled programs are shared."""
        return self.experiment.at(self.settings.timesteps)[1]

    @cached_property
    def model(self) -> nn.Module:
        """The network; raises InvalidModel if the settings do not describe one."""
        return network(self.experiment, self.task, self.settings)

    @cached_property
    def optimizer(self) -> Kind:
        """The optimizer; raises Refused if the experiment's cannot be made."""
        experiment = self.experiment
        if experiment.optimizer is None:
            return self.settings.optimizer
        _, task = experiment.at(experiment.timesteps)
        with trial(f"experiment {experiment.name}: its optimizer cannot be made"):
            shapes = programs.parameter_shapes(task, network(experiment, task, self.settings))
            custom = transforms.custom(experiment.optimizer(self.settings), shapes)
            unknown = experiment.numbers.keys() - {*task.numbers, *transforms.numbers(custom)}
            if unknown and experiment.penalty is None:  # A penalty takes any number.
                raise ValueError(f"it does not inject {min(unknown)}, which is no number of the task either")
            return custom

    def check(self) -> None:
        """Raises InvalidModel or Refused if networks, loss, penalty or optimizer fail on the task.

        JAX traces them with the shapes of one network's parameters and examples, and computes nothing.
        """
        experiment = self.experiment
        _, task = experiment.at(experiment.timesteps)
        how = Procedure(task, network(experiment, task, self.settings), self.optimizer)
        network_words = "model" if experiment.model else f"cell {self.settings.cell}"
        fails = f"experiment {experiment.name}: its"
        with trial(f"{fails} {network_words} fails"):
            member = programs.member_shapes(how)
            shapes = member.params, member.examples, dict.fromkeys(experiment.numbers, programs.NUMBER)
            jax.eval_shape(partial(answers_to, how), *shapes)
        with trial(f"{fails} loss fails"):
            jax.eval_shape(partial(loss, how), *shapes[:2])
        how = how._replace(penalty=experiment.penalty)
        with trial(f"{fails} penalty fails"):
            jax.eval_shape(partial(answers_to, how), *shapes)
        with trial(f"experiment {experiment.name}"):
            purity.check_procedure(how, member, shapes[2])

    @property
    def traced(self) -> Sequence[str]:
        """The settings that can change without recompiling, besides training numbers."""
        if not isinstance(optimizer := self.optimizer, CustomOptimizer):
            return TRACED
        return ["noise", *({"learning_rate"} & {*optimizer.injected})]

    @cached_property
    def curves(self) -> ExperimentCurves:
        """The curves that the networks are trained on and answer."""
        key = self.settings.timesteps, self.settings.numbers
        if key not in (cache := self.experiment.curves):
            cache[key] = curves(self.experiment, self.settings.timesteps, dict(self.settings.numbers))
        return cache[key]

    @property
    def block(self) -> int:
        """Number of networks that one compiled program computes."""
        return self.settings.block or programs.suitable_block(self.task, self.model, self.experiment.penalty)

    def declared_digests(self) -> Digests:
        """Digests of the declarations that are part of results."""
        return {
            "probes": digest([vars(probe) for probe in self.curves.probes]),
            "time points": digest(self.x, repr(self.experiment.span)),
            "goal": digest(repr(self.experiment.goal)),
            "scaling": digest(repr(self.experiment.scaling)),
            "data": digest(dict(self.experiment.data)),
        }


def curves(experiment: Experiment, timesteps: int, numbers: Mapping[str, float | int]) -> ExperimentCurves:
    """Makes an experiment's curves; raises ValueError for unknown numbers, or probes that do not fit the training."""
    x, task = experiment.at(timesteps)
    if unknown := numbers.keys() - experiment.numbers.keys():
        names = ", ".join(experiment.numbers) or "none"
        raise ValueError(f"numbers must be among those of {experiment.name}, {names}, not {min(unknown)!r}")
    values = {name: jnp.float32(value) for name, value in {**experiment.numbers, **numbers}.items()}
    examples, probes = task.recorded(jax.random.key(0), values), experiment.probes(x)
    check_probes(task, probes)
    return ExperimentCurves(task, examples, probes, x)


def network(experiment: Experiment, task: Task, settings: Settings) -> nn.Module:
    """Builds the network of a run; raises InvalidModel, or Refused if the experiment's cannot be made."""
    if experiment.model is not None:
        with trial(f"experiment {experiment.name}: its model cannot be made"):
            model: nn.Module = experiment.model(task, settings)
            check_model(model)
        return model
    shape = len(task.output_features), settings.hidden, settings.readout, task.sequence
    return Stack(*shape, cell=settings.cell, gates=settings.gates)


OF_NETWORKS = ("diverged", "sound_step", "last_step", "params_step", "learned", "lost", "reason")
TAKEN = {TRAINING, HISTORY, SHARED, "networks", "seed", "setting", *OF_NETWORKS, *SWEPT}
"""Names that no probe can have: results have other nodes, variables or coordinates of these names next to probes."""


def check_experiment(experiment: Experiment, timesteps: int, numbers: Mapping[str, float | int]) -> None:
    """Makes the task, examples and probes of an experiment; raises Refused if one fails or contradicts another."""
    prefix = f"experiment {experiment.name}: "
    with trial(f"{prefix}its task cannot be made"):
        x, task = experiment.at(timesteps)
    with trial(f"{prefix}its probes cannot be made"):
        probes, again = experiment.probes(x), experiment.probes(x)
    if not isinstance(task, Task) or not isinstance(probes, list | tuple):
        raise Refused(f"{prefix}task(x) must return an lt.Task, and probes(x) a list of lt.Probe")
    _check_numbers(experiment, task, prefix)
    _check_goal(experiment.goal, task, prefix)
    _check_names([probe.name for probe in probes], prefix)
    _check_examples(task, timesteps, numbers, prefix)
    try:
        check_probes(task, probes)
        of_probes = [[vars(probe) for probe in each] for each in (probes, again)]
        purity.check_repeated(purity.name_of(experiment.probes), *of_probes)
    except ValueError as error:
        raise Refused(f"{prefix}{error}") from None


def _check_numbers(experiment: Experiment, task: Task, prefix: str) -> None:
    """Raises Refused if an experiment declares other training numbers than something takes."""
    missing, others = {*task.numbers} - {*experiment.numbers}, {*experiment.numbers} - {*task.numbers}
    taken_elsewhere = experiment.optimizer is not None or experiment.penalty is not None
    if missing or (others and not taken_elsewhere):
        mismatch = f"its task takes the numbers {sorted(task.numbers)}, but it declares {sorted(experiment.numbers)}"
        raise Refused(f"{prefix}{mismatch}")


def _check_goal(goal: Goal | None, task: Task, prefix: str) -> None:
    """Raises Refused if a goal limits what is not recorded of a task's networks."""
    if goal is None:
        return
    if (goal.accuracy is None) != (accuracies_of(task.loss) is None):
        limited, loss = "an rmse" if goal.accuracy is None else "an accuracy", loss_text(task.loss)
        raise Refused(f"{prefix}its goal is {limited}, which networks that learn by {loss} do not have")
    if unknown := [name for name in goal.among(task.measured) if name not in task.measured]:
        features = ", ".join(task.output_features)
        raise Refused(f"{prefix}its goal uses {unknown[0]}, but its networks answer {features}")


def _check_names(names: Sequence[str], prefix: str) -> None:
    """Raises Refused if two probes have the same name, or one a name that results use for something else."""
    if twice := [name for name in names if names.count(name) > 1]:
        raise Refused(f"{prefix}two probes are named {twice[0]}")
    if taken := [name for name in names if name in TAKEN or name.startswith((NUMBER, PART))]:
        raise Refused(f"{prefix}a probe cannot be named {taken[0]}, which has another meaning")


def _check_examples(task: Task, timesteps: int, numbers: Mapping[str, float | int], prefix: str) -> None:
    """Raises Refused if the training curves cannot be made, or have another number of time points than the flag."""
    with trial(f"{prefix}its training curves cannot be made"):
        points = programs.shown(task)[1]
        key = training.seed_key(jnp.uint32(0), jnp.uint32(0))
        training.check_examples(task, key, numbers)
        purity.check_task(task, key, numbers)
    if points != timesteps:
        remedy = f"give --timesteps={points}, or declare fixed={{'timesteps': {points}}}"
        raise Refused(f"{prefix}its training curves have {points:,} time points, not --timesteps={timesteps}; {remedy}")


@contextmanager
def trial(failure: str) -> Iterator[None]:
    """Turns any exception in a block into `Refused`, with its message and the user's line; InvalidModel says enough."""
    try:
        yield
    except (Refused, InvalidModel):
        raise
    except jax.errors.JAXTypeError as error:  # Its own message has many lines.
        traced = TypeError(UNTRACEABLE)
        raise Refused(f"{failure}: {described_error(traced.with_traceback(error.__traceback__))}") from None
    except Exception as error:
        raise Refused(f"{failure}: {described_error(error)}") from None
