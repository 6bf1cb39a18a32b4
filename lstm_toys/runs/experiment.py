"""What an experiment is. Imports nothing heavy, so that a command can check its flags before it loads jax."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lstm_toys.runs.identity import Settings
from lstm_toys.tasks.goal import Goal

if TYPE_CHECKING:
    import xarray as xr
    from jaxtyping import Array, Float

    from lstm_toys.figures import Drawing
    from lstm_toys.tasks.probes import Probe
    from lstm_toys.tasks.supervision import Task


@dataclass(frozen=True)
class Experiment:
    """What one section of the post does.

    Attributes:
        name: of the command and of the run folders.
        doc: what it does, for the help.
        defaults: of its flags.
        goal: when a seed counts as having learned the task.
        task: from the time points ``[T]`` to what the networks are trained on.
        probes: from the time points to what they are shown afterwards.
        draw: from labeled results, and those of the runs beside it, to drawings by file name.
        compare: from labeled results to rows that hold them against the post's published numbers.
        beside: from the settings of a run to those of the runs that its figures need too, by name.
        frames: how many of the recorded steps to keep the answers of, for an animation.
    """

    name: str
    doc: str
    defaults: dict[str, Any]
    goal: Goal
    task: "Callable[[Float[Array, ' T']], Task]"
    probes: "Callable[[Float[Array, ' T']], list[Probe]]"
    draw: "Callable[[xr.Dataset, dict[str, xr.Dataset]], dict[str, Drawing]]"
    compare: "Callable[[xr.Dataset], list[dict[str, Any]]]" = field(default=lambda _: [])
    beside: "Callable[[Settings], dict[str, tuple[Experiment, Settings]]]" = field(default=lambda _: {})
    frames: int = 0
