"""Memory and disk space of a run, compared with what is available."""

import os
import resource
import shutil
from pathlib import Path
from typing import NamedTuple

import jax

GIB = 2**30


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
    """Compares a footprint with the available memory, and the free disk space of a folder, which need not exist.

    Raises:
        TooLarge: the footprint does not fit.
        OSError: the folder cannot be read.
    """
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
