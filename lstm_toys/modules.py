"""Files of imported modules: whose they are, and whether they may have changed. Imports nothing heavy."""

import os
import re
import site
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

LIBRARY = str(Path(__file__).resolve().parent) + os.sep
EXPERIMENTS = tuple(str(Path(folder, "experiments")) + os.sep for folder in (LIBRARY, Path(LIBRARY).parent))
"""The folders of the experiments: in an installed library, and in a clone."""

_places = [sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")]
_places += [*site.getsitepackages(), site.getusersitepackages()]
INSTALLED = tuple({f"{path}{os.sep}" for place in _places for path in (place, os.path.realpath(place))})
"""Folders of Python and of installed packages."""


def users(path: str) -> bool:
    """Whether a file belongs to an experiment or to the user, and not to Python, a package or this library."""
    return path.startswith(EXPERIMENTS) or not path.startswith((*INSTALLED, LIBRARY))


def imported() -> Iterator[str]:
    """The files of all imported modules of the user and of experiments; of a module in an archive, the archive."""
    for module in [*sys.modules.values()]:
        path = os.path.abspath(getattr(module, "__file__", None) or os.__file__)
        if users(path):
            yield next((str(file) for file in (Path(path), *Path(path).parents) if file.is_file()), path)


def interactive() -> bool:
    """Whether this process runs code that is in no file."""
    return hasattr(sys, "ps1") or bool(sys.flags.interactive) or not hasattr(sys.modules.get("__main__"), "__file__")


def changed(path: str | Path) -> bool:
    """Whether a file may have changed since this process began; missing files have."""
    try:
        return os.stat(path).st_ctime > BEGAN  # The time of a file's change, which no program can set.
    except OSError:
        return True


def _began() -> float:
    """When this process began, in seconds since the epoch: at the latest when it imports this module."""
    try:
        ticks = int(re.split(r"\) ", Path("/proc/self/stat").read_text(encoding="utf-8"))[-1].split()[19]) + 1
        return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError):  # Not on Linux.
        return time.time()


BEGAN = _began()
