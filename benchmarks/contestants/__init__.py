"""The implementations that are compared."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.contestants import in_jax, in_torch
from benchmarks.job import InitialWeights, Trainer, Workload
from benchmarks.machine import cores


@dataclass(frozen=True)
class Contestant:
    """Something that trains.

    Attributes:
        name: in results, tables and figures.
        make: begins a training in a process of its own.
        peer: whether it needs a library that the project does not.
        one_a_core: whether it runs as one process on each core, each with its share of the members.
        one_network: whether a process trains a single network, so that the members are as many as the processes.
        most: members that it is measured with, at most.
        unit: steps that it does at a time.
    """

    name: str
    make: Callable[[Workload, InitialWeights], Trainer]
    peer: bool = False
    one_a_core: bool = False
    one_network: bool = False
    most: int = 4096
    unit: int = 1

    @property
    def processes(self) -> int:
        """How many processes it runs as."""
        return cores() if self.one_a_core else 1

    def members(self, wanted: int) -> int:
        """How many members it trains where so many are wanted."""
        return self.processes if self.one_network else wanted


_one_vmap, _alike = in_jax.spread, partial(in_jax.spread, as_engine=True)

ENGINE = Contestant("lstm_toys", in_jax.engine, unit=in_jax.CHUNK)
AUTODIFF = Contestant("plain scan, autodiff, set up alike", partial(_alike, in_jax.scan))
FLAX_BLOCKS = Contestant("Flax nn.RNN, set up alike", partial(_alike, in_jax.flax), most=1024)
FLAX = Contestant("Flax nn.RNN, one vmap", partial(_one_vmap, in_jax.flax), most=1024)
EQUINOX = Contestant("Equinox LSTMCell, one vmap", partial(_one_vmap, in_jax.equinox), peer=True, most=1024)
TORCH = Contestant("PyTorch nn.LSTM, one a core", in_torch.lstm, peer=True, one_a_core=True, one_network=True)
TORCH_FUNC = Contestant("PyTorch torch.func, one a core", in_torch.ensemble, peer=True, one_a_core=True, most=256)
CONTESTANTS = (ENGINE, AUTODIFF, FLAX_BLOCKS, FLAX, EQUINOX, TORCH, TORCH_FUNC)
