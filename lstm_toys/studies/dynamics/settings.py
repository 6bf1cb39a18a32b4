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
        inputs: the constant inputs; None: `INPUTS` of them, beyond the range of the training by its width.
        starts: states of each network to begin in.
        weight_scale: factor of all parameters, for untrained networks of other scales.
    """

    trained: Settings
    inputs: Axis | None
    starts: int
    weight_scale: float

    def __str__(self) -> str:
        return f"dynamics of {self.trained}, {counted(self.starts, 'start')}"


INPUTS = 41
"""Default number of constant inputs."""
