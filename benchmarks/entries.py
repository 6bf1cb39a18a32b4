"""The list of contestants: what they are called, where they are, and how they run."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One contestant.

    Attributes:
        name: in the results.
        label: in tables and figures.
        place: its module in this package, and its class.
        peer: whether it needs a library that the project does not.
        one_a_core: whether it runs as one process on each core, each with its share of the members.
        one_network: whether a process trains a single network, so that the members are as many as the processes.
        most: members that it is measured with, at most.
        in_parts: whether it is no contestant, but parts of a member-step, each timed alone.
    """

    name: str
    label: str
    place: str
    peer: bool = False
    one_a_core: bool = False
    one_network: bool = False
    most: int = 4096
    in_parts: bool = False

    @property
    def processes(self) -> int:
        """How many processes it runs as."""
        return cores() if self.one_a_core else 1

    def members(self, wanted: int) -> int:
        """How many members it trains where so many are wanted."""
        return self.processes if self.one_network else wanted


OURS = Entry("ours", "lstm_toys", "contestants.in_jax:Ours")
AUTODIFF = Entry("autodiff", "plain scan, autodiff, set up alike", "contestants.in_jax:Autodiff")
FLAX = Entry("flax", "Flax nn.RNN, one vmap", "contestants.in_jax:Flax", most=1024)
FLAX_BLOCKS = Entry("flax_blocks", "Flax nn.RNN, set up alike", "contestants.in_jax:FlaxBlocks", most=1024)
EQUINOX = Entry("equinox", "Equinox LSTMCell, one vmap", "contestants.in_torch:Equinox", peer=True, most=1024)
TORCH = Entry(
    "torch", "PyTorch nn.LSTM, one a core", "contestants.in_torch:Torch", peer=True, one_a_core=True, one_network=True
)
TORCH_FUNC = Entry(
    "torch_func",
    "PyTorch torch.func, one a core",
    "contestants.in_torch:TorchEnsemble",
    peer=True,
    one_a_core=True,
    most=256,
)
KERAS = Entry("keras", "Keras train_on_batch", "contestants.in_torch:Keras", peer=True, one_network=True)
KERAS_FIT = Entry("keras_fit", "Keras fit", "contestants.in_torch:KerasFit", peer=True, one_network=True)

FLOOR = Entry("floor", "floor", "parts.floor:Floor", in_parts=True)
STAGES = Entry("stages", "lstm_toys, bare steps", "parts.stages:Stages", in_parts=True)

ENTRIES = (OURS, AUTODIFF, FLAX_BLOCKS, FLAX, EQUINOX, TORCH, TORCH_FUNC, KERAS, KERAS_FIT)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
