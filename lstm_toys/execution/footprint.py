"""What a run will take of memory and disk, compared with what there is."""

import os
import resource
import shutil
from pathlib import Path
from typing import NamedTuple

import jax

GIB = 2**30


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
