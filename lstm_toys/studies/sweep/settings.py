"""Settings of a sweep. Imports nothing heavy."""

from dataclasses import dataclass

from lstm_toys.output import counted
from lstm_toys.runs.identity import Identity, Settings


@dataclass(frozen=True)
class SweepSettings(Identity):
    """Settings of all populations of a sweep, which share the experiment and the seeds."""

    settings: tuple[Settings, ...]

    def __str__(self) -> str:
        return f"{counted(len(self.settings), 'setting')}, {counted(self.settings[0].seeds, 'seed')}"
