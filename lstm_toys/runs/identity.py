"""What the numbers of a run depend on. Imports nothing heavy."""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from lstm_toys.networks.cells import Gates


@dataclass(frozen=True)
class Identity:
    """The settings of a run: what its flags say.

    Attributes:
        experiment: its name.
    """

    experiment: str

    def as_dict(self) -> dict[str, Any]:
        """The settings as JSON has them."""
        values: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self)))
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
        train_amplitude: amplitude of the training curves; None of an experiment that does not leave it open.
        noise: standard deviation of the normal noise on what a network is shown in training, drawn once for each seed.
        block: members that one compiled program works on; None: as many as suit the task and the platform.
        keep_steps: steps before the last one after which the parameters are kept, too.
        cell: a name in `lstm_toys.networks.cells.CELLS`, or the place of one's own.
        gates: how the gates of the cell are squashed.
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
    train_amplitude: float | None
    noise: float
    block: int | None
    keep_steps: tuple[int, ...] = ()
    cell: str = "lstm"
    gates: Gates = "sigmoid"

    def __str__(self) -> str:
        return f"{self.experiment} ({self.network}), {self.seeds:,} seeds"

    @property
    def network(self) -> str:
        """The model, in words."""
        told = [f"cell {self.cell}"] * (self.cell != "lstm") + [f"gates {self.gates}"] * (self.gates != "sigmoid")
        return ", ".join([f"hidden {','.join(map(str, self.hidden)) or 'none'}", f"readout {self.readout}", *told])


SWEPT = (
    *("optimizer", "hidden", "readout", "cell", "gates", "timesteps", "steps"),
    *("learning_rate", "momentum", "decay", "train_amplitude", "noise"),
)
"""The settings that may differ within a sweep."""


Identified = TypeVar("Identified", bound=Identity, covariant=True)
