"""An experiment under the settings of a population: task, network, probes and curves, made once for all uses."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree

from lstm_toys.execution.lowering import Digests, digest
from lstm_toys.networks import transforms
from lstm_toys.networks.layer import check_model
from lstm_toys.networks.stack import Stack
from lstm_toys.networks.training import Procedure, answers_to, loss
from lstm_toys.networks.transforms import CustomOptimizer, Kind
from lstm_toys.populations import programs
from lstm_toys.populations.checkpoints import Checkpoints
from lstm_toys.populations.programs import Start, TrainingSpecification
from lstm_toys.populations.specification import specify
from lstm_toys.populations.train import PopulationTraining
from lstm_toys.runs.checks import trial
from lstm_toys.runs.context import RunContext
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import TRACED, Settings
from lstm_toys.tasks.parameters import TRAINING
from lstm_toys.tasks.probes import Probe, by_points, by_probe, check_probes, curves_of, lengths_of
from lstm_toys.tasks.supervision import Examples, Task


class ExperimentCurves(NamedTuple):
    """The curves that the networks of an experiment are trained on and answer.

    Attributes:
        training: the training set; an example of it if each seed draws its own; with fresh examples the validation set.
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
        """The inputs of `shown`, by set; see `tasks.probes.by_points`."""
        return curves_of(self.task, by_points(self.shown(training=training), self.x), len(self.x))

    def lengths(self, *, training: bool = True) -> dict[str, Int[np.ndarray, " C"]]:
        """The lengths of `answered` curves that networks are told, of each set in which they differ."""
        return lengths_of(self.task, by_points(self.shown(training=training), self.x))

    def split(
        self, answers: Mapping[str, Float[np.ndarray, "S _ ..."]], *, training: bool = True
    ) -> tuple[Float[np.ndarray, "S ..."] | None, dict[str, Float[np.ndarray, "S _ ..."]]]:
        """Splits answers to `answered` into those to the first training curve and those to each probe, by its name."""
        found = by_probe(self.shown(training=training), answers)
        return (found.pop(TRAINING)[:, 0] if training else None), found


@dataclass(frozen=True)
class Prepared:
    """What an experiment trains and shows under the settings of a population, made once and only when needed."""

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
        """The optimizer; raises Refused if the experiment's own cannot be made."""
        experiment, (_, task) = self.experiment, self.experiment.small
        if experiment.optimizer is None:
            return self.settings.optimizer
        with trial(f"experiment {experiment.name}: its optimizer cannot be made"):
            shapes = programs.parameter_shapes(task, network(experiment, task, self.settings))
            own = transforms.custom(experiment.optimizer(self.settings), shapes)
            if experiment.penalty is None and (
                unknown := experiment.numbers.keys() - {*task.numbers, *transforms.numbers(own)}
            ):
                raise ValueError(f"it does not inject {min(unknown)}, which is no number of the task either")
            return own

    def check(self) -> None:
        """Raises InvalidModel or Refused if networks, loss, penalty or optimizer fail on the task; computes nothing."""
        experiment, task = self.experiment, self.experiment.small[1]
        how = Procedure(task, network(experiment, task, self.settings), self.optimizer)
        own = "model" if experiment.model else f"cell {self.settings.cell}"
        fails = f"experiment {experiment.name}: its"
        with trial(f"{fails} {own} fails"):
            member = programs.member_shapes(how)
            given = member.params, member.examples, dict.fromkeys(experiment.numbers, programs.NUMBER)
            jax.eval_shape(partial(answers_to, how), *given)
        with trial(f"{fails} loss fails"):
            jax.eval_shape(partial(loss, how), *given[:2])
        with trial(f"{fails} penalty fails"):
            jax.eval_shape(partial(answers_to, how._replace(penalty=experiment.penalty)), *given)

    @property
    def traced(self) -> Sequence[str]:
        """The settings that can change without recompiling, besides training numbers."""
        own = self.optimizer
        return ["noise", *({"learning_rate"} & {*own.injected})] if isinstance(own, CustomOptimizer) else TRACED

    @cached_property
    def curves(self) -> ExperimentCurves:
        """The curves that the networks are trained on and answer."""
        key = self.settings.timesteps, self.settings.numbers
        if key not in (made := self.experiment.curves):
            made[key] = curves(self.experiment, self.settings.timesteps, dict(self.settings.numbers))
        found: ExperimentCurves = made[key]
        return found

    @property
    def probes(self) -> Sequence[Probe]:
        """Sets of curves that the networks answer after training."""
        return self.curves.probes

    @property
    def block(self) -> int:
        """Number of networks that one compiled program computes."""
        return self.settings.block or programs.suitable_block(self.task, self.model, self.experiment.penalty)

    @property
    def words(self) -> str:
        """A short description of the network for tables."""
        return self.settings.network if self.experiment.model is None else type(self.model).__name__

    def specify(
        self,
        steps: Sequence[int],
        answered: Sequence[int],
        members: Mapping[str, Any],
        initial: PyTree | None = None,
        *,
        training: bool = True,
    ) -> tuple[TrainingSpecification, Start]:
        """Specifies a training of these networks.

        Args:
            steps: steps after which parameters are kept, the last one included.
            answered: those after which curves are answered.
            members: seeds, training numbers and traced settings of each member.
            initial: parameters of each member to train on from; None: members begin untrained.
            training: whether the first training curve is answered, too, also for the frames of an animation.
        """
        early = dataclasses.replace(self.settings.early_stopping, goal=self.experiment.goal)
        if not max(steps):  # Untrained networks have a single record.
            early = dataclasses.replace(early, records=0)
        with trial(f"{self.settings} cannot be trained"):
            specification, start = specify(
                self.task,
                self.model,
                steps=steps,
                optimizer=self.optimizer,
                base_seed=self.settings.base_seed,
                block=self.block,
                frames=self.experiment.frames if training else 0,
                early_stopping=early,
                penalty=self.experiment.penalty,
                initial=initial,
                **members,
            )
        curves = dict.fromkeys(answered, self.curves.answered(training=training))
        return dataclasses.replace(specification, curves=curves, lengths=self.curves.lengths(training=training)), start

    def declared_digests(self) -> Digests:
        """Digests of the declarations that are part of results."""
        return {
            "probes": digest([vars(each) for each in self.probes]),
            "time points": digest(self.x, repr(self.experiment.span)),
            "goal": digest(repr(self.experiment.goal)),
            "scaling": digest(repr(self.experiment.scaling)),
            "data": digest(dict(self.experiment.data)),
        }


def curves(experiment: Experiment, timesteps: int, numbers: Mapping[str, float | int]) -> ExperimentCurves:
    """Makes an experiment's curves; raises ValueError for unknown numbers, or probes that do not fit the training."""
    x, task = experiment.at(timesteps)
    if unknown := numbers.keys() - experiment.numbers.keys():
        told = ", ".join(experiment.numbers) or "none"
        raise ValueError(f"numbers must be among those of {experiment.name}, {told}, not {min(unknown)!r}")
    every = {name: jnp.float32(value) for name, value in {**experiment.numbers, **numbers}.items()}
    examples, probes = task.recorded(jax.random.key(0), every), experiment.probes(x)
    check_probes(task, probes)
    return ExperimentCurves(task, examples, probes, x)


def network(experiment: Experiment, task: Task, settings: Settings) -> nn.Module:
    """Builds the network of a run; raises InvalidModel, or Refused if the experiment's own cannot be made."""
    if experiment.model is not None:
        with trial(f"experiment {experiment.name}: its model cannot be made"):
            model: nn.Module = experiment.model(task, settings)
            check_model(model)
        return model
    shape = len(task.output_features), settings.hidden, settings.readout, task.sequence
    return Stack(*shape, cell=settings.cell, gates=settings.gates)


def begin(
    prepared: Prepared,
    specified: tuple[TrainingSpecification, Start],
    run: Run,
    context: RunContext,
    part: int,
) -> PopulationTraining:
    """Announces a training by what distinguishes it from others of the command, or by its network, and sets it up.

    ``part`` is its number among the trainings of the run, which have folders of checkpoints of their own.
    """
    tell = context.progress.tell
    checkpoints = Checkpoints(run.checkpoints / str(part), context.options.checkpoint_every, tell)
    training = PopulationTraining(
        *specified,
        executor=context.executor,
        checkpoints=checkpoints,
        monitor=context.progress,
        stop=context.interruption,
        on_divergence=context.options.on_divergence,
    )
    steps, name = specified[0].kept_steps[-1], prepared.experiment.name
    label = context.labels.get(prepared.settings) or prepared.words
    context.progress.begin(f"{name} ({label})", training.count, steps, -(-training.count // training.group_size))
    if checkpoints.newest:
        tell(f"continues from {checkpoints.newest}")
    return training
