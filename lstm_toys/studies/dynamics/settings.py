"""Settings of a study of dynamics. Imports nothing heavy."""

from dataclasses import dataclass

from lstm_toys.output import counted
from lstm_toys.runs.identity import Identity, Settings
from lstm_toys.tasks.planes import Axis


@dataclass(frozen=True)
class DynamicsSettings(Identity):
    """The settings of a study of dynamics.

    Attributes:
        trained: the settings of the training.
        inputs: the constant inputs; None: `INPUTS` of them, over the range of all curves extended by a quarter at each
            end.
        starts: number of initial states per network.
        weight_scale: factor by which all parameters are multiplied.
    """

    trained: Settings
    inputs: Axis | None
    starts: int
    weight_scale: float

    def __str__(self) -> str:
        return f"dynamics of {self.trained}, {counted(self.starts, 'start')}"


WINDOWS = {"": "", "_early": " in the first fifth"}
"""Endings of variables and of names in the summary, by window of x: at least 0.2, and below 0.2."""

INPUTS = 41
"""Default number of constant inputs."""
