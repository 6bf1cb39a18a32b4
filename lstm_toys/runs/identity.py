"""What the numbers of a run depend on. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from lstm_toys.networks.cells import Gates
from lstm_toys.output import counted


@dataclass(frozen=True)
class Identity:
    """The settings of a run: what its flags say.

    Attributes:
        experiment: its name.
    """

    experiment: str

    def as_dict(self) -> dict[str, Any]:
        """The settings as JSON has them."""
        values: dict[str, Any] = json.loads(json.dumps(_plain(self)))
        return values


@dataclass(frozen=True)
class Settings(Identity):
    """The settings of a population.

    Attributes:
        seeds: number of networks.
        base_seed: another one gives other networks under the same seed numbers.
        steps: updates of each network; none: they stay untrained.
        learning_rate: of the optimizer.
        optimizer: a name in `lstm_toys.networks.hyper.TAKES`.
        momentum: see there; None of an optimizer that has none.
        decay: likewise.
        hidden: units of each layer below the readout.
        readout: what turns hidden state into an answer.
        timesteps: time points of a curve.
        noise: standard deviation of the normal noise on what a network is shown in training, drawn once for each seed.
        block: members that one compiled program works on; None: as many as suit the task and the platform.
        keep_steps: steps before the last one after which the parameters are kept, too.
        cell: a name in `lstm_toys.networks.cells.CELLS`, or the place of one's own.
        gates: how the gates of the cell are squashed.
        numbers: the training numbers of the experiment, each with its name.
    """

    seeds: int
    base_seed: int
    steps: int
    learning_rate: float
    optimizer: str
    momentum: float | None
    decay: float | None
    hidden: tuple[int, ...]
    readout: Literal["cell", "dense"]
    timesteps: int
    noise: float
    block: int | None
    keep_steps: tuple[int, ...] = ()
    cell: str = "lstm"
    gates: Gates = "sigmoid"
    numbers: tuple[tuple[str, float | int], ...] = ()

    def __str__(self) -> str:
        return f"{self.experiment} ({self.network}), {counted(self.seeds, 'seed')}"

    @property
    def network(self) -> str:
        """The model, in words."""
        told = [f"cell {self.cell}"] * (self.cell != "lstm") + [f"gates {self.gates}"] * (self.gates != "sigmoid")
        return ", ".join([f"hidden {','.join(map(str, self.hidden)) or 'none'}", f"readout {self.readout}", *told])

    @property
    def swept(self) -> dict[str, Any]:
        """The settings that may differ within a sweep, by the names of their flags."""
        numbers = {f"{NUMBER}{name}": value for name, value in self.numbers}
        return {name: getattr(self, name) for name in SWEPT} | numbers

    def given(self, **numbers: float | int) -> Settings:
        """The same with other training numbers.

        Raises:
            ValueError: the experiment has none of that name.
        """
        if unknown := numbers.keys() - dict(self.numbers).keys():
            raise ValueError(f"{self.experiment} has no training number {min(unknown)}")
        return dataclasses.replace(self, numbers=tuple({**dict(self.numbers), **numbers}.items()))


NUMBER = "train_"
"""What flags, settings and coordinates have before the name of a training number."""

TRACED = ("learning_rate", "momentum", "decay", "noise")
"""The settings that other values of need no compilation, like training numbers."""

SWEPT = ("optimizer", "hidden", "readout", "cell", "gates", "timesteps", "steps", *TRACED)
"""The settings that may differ within a sweep, besides training numbers."""


def _plain(value: Any) -> Any:
    """Settings as JSON has them: a training number stands beside the others, under the name of its flag.

    What does not count when two are compared, such as many values beside their digest, is left out.
    """
    if isinstance(value, Settings):
        fields = {each.name: _plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
        del fields["numbers"]
        return fields | {f"{NUMBER}{name}": number for name, number in value.numbers}
    if dataclasses.is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in dataclasses.fields(value) if each.compare}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


Identified = TypeVar("Identified", bound=Identity, covariant=True)
