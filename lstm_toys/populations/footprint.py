"""What a run will take of memory and disk, before anything of it is begun."""

import os
import resource
import shutil
from functools import partial
from pathlib import Path
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from lstm_toys.networks import sizes, training
from lstm_toys.networks.hyper import Hyper
from lstm_toys.populations import blocks, programs, train
from lstm_toys.populations.checkpoints import KEPT
from lstm_toys.tasks.supervision import Task

GIB = 2**30

TRACES = 16
"""Values that a step holds for each unit, curve and time point: of an LSTM the gates, the states, and their
derivatives; of other cells no more."""


class TooLarge(Exception):
    """A run does not fit; the argument says in one line what it would take and what there is."""


class Footprint(NamedTuple):
    """What something takes.

    Attributes:
        memory: bytes of the process.
        disk: bytes of files.
        devices: those of the bytes of memory that are on devices, and on an accelerator not in the process.
    """

    memory: int
    disk: int
    devices: int = 0


def estimate(
    task: Task,
    model: nn.Module,
    optimizer: str,
    *,
    timesteps: int,
    members: int,
    states: int = 1,
    probed: int,
    block: int | None,
    streamed: bool = False,
) -> Footprint:
    """What a run will hold at its largest, without libraries and compiled programs.

    Args:
        task: the training set, with any number of time points.
        model: the network.
        optimizer: a name in `lstm_toys.networks.hyper.TAKES`.
        timesteps: time points that a curve will have.
        members: number of networks.
        states: steps after which the parameters are kept.
        probed: curves that the networks will be asked for.
        block: members that one compiled program works on; None: one.
        streamed: whether what is known of a group of members is written before the next one is trained.

    Raises:
        Unfit: the model cannot be trained on the task; see `lstm_toys.networks.training`.
    """
    key, one = jax.random.key(0), jnp.float32(1)
    hyper = Hyper(one, one, one, one, programs.unspecified(task))
    member = jax.eval_shape(lambda key: training.init(task, model, optimizer, key, hyper), key)
    jax.eval_shape(partial(training.loss, model), member.params, member.examples)
    parameters, state = _bytes(member.params), _bytes((member.params, member.optimizer_state, member.sound))
    (curves, _, features), asked = programs.shown(task), len(task.asked)
    at_once = programs.curves_at_once(task, model)
    points = timesteps if task.sequence else 1
    answers = 4 * (probed + 1) * points * asked
    told = 4 * programs.STOPS * points * asked
    history = 4 * (train.RECORDS + 1) * (1 + asked)
    units = sum(sizes.size(model, features).widths)
    examples = 4 * curves * (timesteps * features + points * asked)
    working = 4 * timesteps * (at_once * units * TRACES + curves * units)
    devices, block = jax.device_count(), block or _usual_block()
    together = blocks.group_size(members, block, devices)
    held = together * (3 * state + examples + 2 * told) + min(members, devices * block) * working
    return Footprint(
        memory=held + (min(members, together) if streamed else members) * (states * parameters + history + 3 * answers),
        disk=KEPT * together * (state + history + states * parameters)
        + members * (states * parameters + history + parameters + history + states * answers),
        devices=held,
    )


def _usual_block() -> int:
    """The fewest members that a block has on a CPU, and those that it has on an accelerator."""
    return 1 if jax.default_backend() == "cpu" else blocks.default_block(0)


def memory_of_devices() -> int | None:
    """Bytes that all devices hold together; None where that is the memory of the process, as on a CPU, or unknown."""
    told = [device.memory_stats() for device in jax.local_devices()]
    limits = [each.get("bytes_limit") for each in told if each]
    return sum(limits) if len(limits) == len(told) and all(limits) else None


def memory_of_process() -> int:
    """Bytes that this process may take: of the machine, or less under a limit of the shell or of a control group."""
    page = os.sysconf("SC_PAGE_SIZE")
    limits = [os.sysconf("SC_PHYS_PAGES") * page]
    if (most := resource.getrlimit(resource.RLIMIT_AS)[0]) != resource.RLIM_INFINITY:
        taken = Path("/proc/self/statm")  # Of addresses, which libraries take more of than of memory.
        limits.append(most - (int(taken.read_text().split()[0]) * page if taken.exists() else 0))
    group = Path("/sys/fs/cgroup/memory.max")
    if group.exists() and (told := group.read_text().strip()).isdigit():
        limits.append(int(told))
    return max(0, min(limits))


def check(footprint: Footprint, folder: Path) -> None:
    """Compares a footprint with the memory that there is and the free space where a folder is, or will be.

    Raises:
        TooLarge: one of them is too small.
        OSError: the folder cannot be looked at.
    """
    memory, devices = memory_of_process(), memory_of_devices()
    if devices is not None:
        if footprint.devices > devices:
            told = f"{footprint.devices / GIB:,.1f} GiB on the devices, which have {devices / GIB:,.1f} GiB"
            raise TooLarge(f"it would take about {told}")
        footprint = footprint._replace(memory=footprint.memory - footprint.devices)
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    disk = shutil.disk_usage(there).free
    if footprint.memory > memory or footprint.disk > disk:
        raise TooLarge(
            f"it would take about {footprint.memory / GIB:,.1f} GiB of memory and {footprint.disk / GIB:,.1f} GiB of "
            f"disk; there are {memory / GIB:,.1f} GiB of memory and {disk / GIB:,.1f} GiB free on the disk"
        )


def _bytes(tree: object) -> int:
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))
