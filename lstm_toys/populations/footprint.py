"""Memory and disk space that a run needs, compared with what is available."""

import os
import resource
import shutil
from functools import partial
from pathlib import Path
from typing import NamedTuple

import flax.linen as nn
import jax

from lstm_toys.networks import sizes, training
from lstm_toys.networks.transforms import Kind
from lstm_toys.populations import blocks, programs
from lstm_toys.populations.checkpoints import KEPT
from lstm_toys.populations.specification import RECORDS
from lstm_toys.tasks.supervision import Task

GIB = 2**30

TRACES = 16
"""Values per unit, curve and time point of a step: an LSTM's gates, states and derivatives; other cells need less."""


class TooLarge(Exception):
    """A run does not fit into memory or on disk; the message, one line, states the sizes."""


class Footprint(NamedTuple):
    """Bytes of memory and disk; ``devices`` is the part of ``memory`` on devices, which an accelerator holds itself."""

    memory: int
    disk: int
    devices: int = 0


def memory_of_devices() -> int | None:
    """Bytes of memory of all devices; None if unknown, or if they use the process's memory, as on a CPU."""
    stats = [device.memory_stats() for device in jax.local_devices()]
    limits = [each.get("bytes_limit") for each in stats if each]
    return sum(limits) if len(limits) == len(stats) and all(limits) else None


def memory_of_process() -> int:
    """Bytes of memory that this process may use: the machine's, or a lower limit of the shell or control group."""
    page = os.sysconf("SC_PAGE_SIZE")
    limits = [os.sysconf("SC_PHYS_PAGES") * page]
    if (most := resource.getrlimit(resource.RLIMIT_AS)[0]) != resource.RLIM_INFINITY:
        taken = Path("/proc/self/statm")  # RLIMIT_AS counts address space, of which libraries use much.
        limits.append(most - (int(taken.read_text().split()[0]) * page if taken.exists() else 0))
    group = Path("/sys/fs/cgroup/memory.max")
    if group.exists() and (limit := group.read_text().strip()).isdigit():
        limits.append(int(limit))
    return max(0, min(limits))


def check(footprint: Footprint, folder: Path) -> None:
    """Raises TooLarge if a footprint exceeds the memory or the free disk space of a folder, which need not exist."""
    memory, devices = memory_of_process(), memory_of_devices()
    if devices is not None:
        if footprint.devices > devices:
            sizes = f"{footprint.devices / GIB:,.1f} GiB of device memory; {devices / GIB:,.1f} GiB are available"
            raise TooLarge(f"needs about {sizes}")
        footprint = footprint._replace(memory=footprint.memory - footprint.devices)
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    disk = shutil.disk_usage(there).free
    if footprint.memory > memory or footprint.disk > disk:
        raise TooLarge(
            f"needs about {footprint.memory / GIB:,.1f} GiB of memory and {footprint.disk / GIB:,.1f} GiB of disk "
            f"space; {memory / GIB:,.1f} GiB of memory and {disk / GIB:,.1f} GiB of disk space are available"
        )


def estimate(
    task: Task,
    model: nn.Module,
    optimizer: Kind,
    *,
    timesteps: int,
    members: int,
    states: int = 1,
    probed: int,
    block: int | None,
    streamed: bool = False,
) -> Footprint:
    """Estimates the peak memory and disk space of a run, without libraries and compiled programs.

    Args:
        task: the training set, with any number of time points.
        states: number of steps after which parameters are kept.
        probed: number of answers per network after training: time points of all curves, or curves.
        streamed: whether the results of a group of members are written before the next group is trained.
    """
    member = programs.member_shapes(task, model, optimizer)
    jax.eval_shape(partial(training.loss, task.loss, model), member.params, member.examples)
    parameters, state = _bytes(member.params), _bytes((member.params, member.optimizer_state, member.sound))
    (curves, _, features), outputs = programs.shown(task), len(task.output_features)
    at_once = programs.curves_at_once(task, model)
    points = timesteps if task.sequence else 1
    answers = 4 * (probed + points) * outputs
    frames = 4 * programs.STOPS * points * outputs
    history = 4 * (RECORDS + states) * (1 + outputs)
    units = sum(sizes.size(model, features).widths)
    examples = 4 * curves * (timesteps * features + points * outputs)
    working = 4 * timesteps * (at_once * units * TRACES + curves * units)
    # Without a block, the smallest one on a CPU, the default one on an accelerator.
    devices, block = jax.device_count(), block or (1 if jax.default_backend() == "cpu" else blocks.default_block(0))
    together = blocks.group_size(members, block, devices)
    held = together * (3 * state + examples + 2 * frames) + min(members, devices * block) * working
    return Footprint(
        memory=held + (min(members, together) if streamed else members) * (states * parameters + history + 3 * answers),
        disk=KEPT * together * (state + history + states * parameters)
        + members * (states * parameters + history + parameters + history + states * answers),
        devices=held,
    )


def _bytes(tree: object) -> int:
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))
