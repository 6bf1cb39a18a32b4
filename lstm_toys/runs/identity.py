"""The settings that the results of a run depend on, and options on which no result does. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import numpy as np

from lstm_toys.arguments import MOST_BLOCK
from lstm_toys.networks.cells import Gates
from lstm_toys.networks.optimizers import BOUNDS, OPTIMIZERS
from lstm_toys.output import counted
from lstm_toys.runs import parsers
from lstm_toys.tasks.goal import NEVER, EarlyStopping
from lstm_toys.tasks.parameters import NUMBER


@dataclass(frozen=True)
class Identity:
    """The settings of a run; ``study``, as ``package.module:Class``, computes it."""

    study: ClassVar[str]

    experiment: str

    def as_dict(self) -> dict[str, Any]:
        """Returns the settings in the form that JSON stores."""
        return _as_json(self)

    def defaults(self) -> dict[str, Any]:
        """Returns the default of each setting that has one, in the same form."""
        fields = dataclasses.fields(self)
        return _as_json({field.name: field.default for field in fields if field.default is not MISSING})


@dataclass(frozen=True, kw_only=True)
class Settings(Identity):
    """The settings of a population, which determine its results; ``--help`` describes the flags of the same names.

    Attributes:
        experiment: name of the `Experiment`.
        optimizer: a name, such as ``"adam"``, or ``"own"`` if the experiment declares it.
        momentum: None if the optimizer has none.
        decay: None if the optimizer has none.
        block: None: chosen for the task and the platform.
        cell: ``"lstm"``, ``"gru"`` or ``"rnn"``, or the ``package.module:Class`` of a custom cell.
        numbers: names and values of the experiment's training numbers, which have flags such as ``--train_amplitude``.
        early_stopping: when networks stop at the experiment's goal, and which parameters are kept.

    Example:
        >>> settings = lt.Settings(experiment="sine", steps=1000, learning_rate=0.1, cell="gru")
        >>> settings.seeds, settings.network
        (16, 'hidden 32, readout cell, cell gru')
    """

    study: ClassVar[str] = "lstm_toys.studies.training.study:Training"

    seeds: Annotated[int, range(1, 10**7 + 1)] = 16
    """Number of networks; seed i gives the same network, however many there are."""
    base_seed: Annotated[int, range(2**32)] = 0
    """Other values give other networks with the same seed numbers."""
    steps: Annotated[int, range(2**31)]
    """Training steps of each network; 0 leaves the networks untrained."""
    learning_rate: Annotated[float, parsers.positive]
    """Step size of the optimizer."""
    optimizer: Annotated[str, parsers.choice(*OPTIMIZERS)] = "sgd"
    """Optimizer; momentum: SGD with momentum; rmsprop_keras: adds epsilon outside the root, as Keras did in 2018."""
    momentum: Annotated[float | None, parsers.share, "auto"] = None
    """Fraction of earlier gradients that momentum and adam keep at each step."""
    decay: Annotated[float | None, parsers.share, "auto"] = None
    """Share of mean squared gradients that rmsprop, rmsprop_keras and adam keep."""
    hidden: Annotated[tuple[int, ...], parsers.widths] = (32,)
    """Units of each recurrent layer below the readout; none: only the readout."""
    readout: Literal["cell", "dense"] = "cell"
    """Last layer; cell: a recurrent one; dense: an affine one."""
    cell: Annotated[str, parsers.cell] = "lstm"
    """Cell of every layer: lstm, gru, rnn, or a class by its place: flax.linen:GRUCell, or mine:MyCell(rank=2)."""
    gates: Gates = "sigmoid"
    """Gate function of lstm and gru; hard: clip(0.2 a + 0.5, 0, 1)."""
    timesteps: Annotated[int, range(2, 10**6 + 1)] = 100
    """Number of points of each curve, evenly spaced over the range of x."""
    keep_steps: Annotated[tuple[int, ...], parsers.numbers_of_steps] = ()
    """Earlier steps whose parameters are also saved; 0: untrained."""
    early_stopping: Annotated[EarlyStopping, parsers.early_stopping] = NEVER
    """A network takes no more steps once it meets the goal at so many records in a row, of about 200; best: the
    parameters with the smallest recorded loss are kept, instead of the last ones."""
    noise: Annotated[float, parsers.not_negative] = 0.0
    """Standard deviation of noise on the training inputs, drawn once per seed."""
    block: Annotated[int | None, parsers.unless("auto", parsers.Integer(1, MOST_BLOCK)), "auto"] = None
    """Networks per program; changes the last bits of results."""
    numbers: tuple[tuple[str, float | int], ...] = ()

    def __str__(self) -> str:
        return f"{self.experiment} ({self.network}), {counted(self.seeds, 'seed')}"

    @property
    def network(self) -> str:
        """Cell, layers and readout, as messages and tables describe the network."""
        others = [f"cell {self.cell}"] * (self.cell != "lstm") + [f"gates {self.gates}"] * (self.gates != "sigmoid")
        return ", ".join([f"hidden {parsers.stated(self.hidden)}", f"readout {self.readout}", *others])

    @property
    def swept(self) -> dict[str, Any]:
        """The settings that may vary within a sweep, by the names of their flags."""
        numbers = {f"{NUMBER}{name}": value for name, value in self.numbers}
        return {name: getattr(self, name) for name in SWEPT} | numbers

    @property
    def labels(self) -> dict[str, Any]:
        """The settings in `swept` as coordinates of results; NaN for those that do not exist."""
        values = {name: np.nan if value is None else value for name, value in self.swept.items()}
        return values | {"hidden": parsers.stated(self.hidden)}

    @property
    def stated(self) -> dict[str, str]:
        """All settings but the experiment as text, by name; those that do not exist are left out."""
        return {
            name: f"{value:g}" if isinstance(value, float) else parsers.stated(value)
            for name, value in self.as_dict().items()
            if name != "experiment" and value is not None
        }

    def given(self, **numbers: float | int) -> Settings:
        """Returns these settings with other training numbers; raises ValueError if the experiment lacks one."""
        if unknown := numbers.keys() - dict(self.numbers).keys():
            raise ValueError(f"{self.experiment} has no training number {min(unknown)}")
        return dataclasses.replace(self, numbers=tuple({**dict(self.numbers), **numbers}.items()))


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of a command, none of which changes a result; ``--help`` describes the flags of the same names.

    Without a ``cluster`` this process does the work; see `lstm_toys.execution.cluster.connected` for addresses.
    """

    results_dir: Annotated[Path, parsers.folder] = Path("results")
    """Folder for runs and published files."""
    publish: bool = False
    """Copy the figures and metrics of the finished run to <results_dir>/<experiment>."""
    restart: bool = False
    """Compute the run from the beginning, even if it is finished or could be continued."""
    no_training: bool = False
    """If networks would have to be trained, name them and exit with code 2."""
    quiet: bool = False
    """Print only errors and the folder of the results."""
    checkpoint_every: Annotated[float, parsers.positive] = 30.0
    """Seconds between checkpoints; an interrupted run continues from one."""
    on_divergence: Literal["exclude", "stop"] = "exclude"
    """Leave diverged seeds out of statistics, or stop."""
    figure_format: Literal["png", "svg", "pdf"] = "png"
    """Format of figures, also of a finished run; animations are GIF."""
    cluster: Annotated[str | None, parsers.cluster] = None
    """Dask cluster whose workers train and evaluate (needs the extra 'cluster'): local:4 starts four workers on this
    machine; otherwise the address of a scheduler, or its scheduler file."""
    compile_cache: bool = True
    """Keep compiled programs in the user's cache folder for later commands."""


TRACED = (*BOUNDS,)
"""Settings that can change without recompiling, like training numbers."""

SWEPT = ("optimizer", "hidden", "readout", "cell", "gates", "timesteps", "steps", *TRACED)


OWNED = {"momentum": "optimizer", "decay": "optimizer", "gates": "cell"}
"""Settings that exist only for some values of another setting."""


def _as_json(values: Any) -> dict[str, Any]:
    """Settings as JSON has them: training numbers are named after their flags, and uncompared fields are left out."""

    def fields(value: Any) -> Any:
        if isinstance(value, EarlyStopping):
            return str(value)
        compared = {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.compare}
        numbers = compared.pop("numbers", ()) if isinstance(value, Settings) else ()
        return compared | {f"{NUMBER}{name}": number for name, number in numbers}

    return dict(json.loads(json.dumps(values, default=fields)))


def differences(trainings: Iterable[Settings]) -> dict[Settings, str]:
    """Says in which settings each training differs from others of the same experiment; empty texts if in none.

    Example:
        >>> from lstm_toys.runs.experiment import parse
        >>> from experiments import line
        >>> trainings = [parse(line.EXPERIMENT, [f"--cell={cell}"])[0] for cell in ("lstm", "gru")]
        >>> [*differences(trainings).values()]
        ['cell lstm', 'cell gru']
    """
    experiments: dict[str, dict[Settings, dict[str, str]]] = {}
    for training in trainings:
        experiments.setdefault(training.experiment, {})[training] = training.stated
    labels = {}
    for group in experiments.values():
        names = varied([*group.values()])
        for training, values in group.items():
            words = (f"{name.replace('_', ' ')} {values[name]}" for name in names if name in values)
            labels[training] = ", ".join(words)
    return labels


def varied(stated: Sequence[Mapping[str, str]]) -> list[str]:
    """The names of the settings that vary; a setting in `OWNED` only if it varies for one value of its owner."""

    def varies(name: str) -> bool:
        pairs = {(values.get(OWNED.get(name, "")), values.get(name)) for values in stated}
        return len(pairs) > len({owner for owner, _ in pairs})

    names = dict.fromkeys(chain(*stated))
    return [name for name in dict.fromkeys((*SWEPT, *names)) if name in names and varies(name)]


Identified = TypeVar("Identified", bound=Identity, covariant=True)
