"""What an experiment is. Imports nothing heavy, so that a command can check its flags before it loads jax."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr
    from jaxtyping import Array, Float
    from matplotlib.figure import Figure

    from lstm_toys.generalization import Probe
    from lstm_toys.tasks import Task


@dataclass(frozen=True)
class Experiment:
    """What one section of the post does.

    Attributes:
        name: of the command and of the run folders.
        doc: what it does, for the help.
        defaults: of its flags.
        task: from the time points ``[T]`` to what the networks are trained on.
        probes: from the time points to what they are shown afterwards.
        draw: from labeled results to figures, by file name.
    """

    name: str
    doc: str
    defaults: dict[str, Any]
    task: "Callable[[Float[Array, ' T']], Task]"
    probes: "Callable[[Float[Array, ' T']], list[Probe]]"
    draw: "Callable[[xr.Dataset], dict[str, Figure]]"
