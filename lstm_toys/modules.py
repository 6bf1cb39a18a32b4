"""Files of imported modules, and files that users' code opens; whether they may have changed. Imports nothing heavy."""

import os
import re
import site
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from traceback import walk_stack
from typing import Any

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


OPENED = set[str]()
"""Files that the user's code opened to read, also by functions of packages and of this library."""

COMMANDS = (f"{LIBRARY}cli{os.sep}", f"{LIBRARY}runs{os.sep}lifecycle.py")
"""Code that opens files of its own, although the user's code may have called it."""

_earlier = {name: getattr(module, "__file__", None) for name, module in [*sys.modules.items()] if name != "__main__"}


def preceded() -> bool:
    """Whether modules of the user's were imported before this library, and may have opened files that nobody noted.

    The module that the process runs, and the packages that it lies in, are taken to have opened none.
    """
    program = getattr(getattr(sys.modules.get("__main__"), "__spec__", None), "name", "")
    return any(file and users(file) and not f"{program}.".startswith(f"{name}.") for name, file in _earlier.items())


def note_opened_files() -> None:
    """Adds to `OPENED` from now on; Python cannot undo this."""
    sys.addaudithook(_note)


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or isinstance(arguments[0], int) or arguments[2] & (os.O_WRONLY | os.O_TRUNC | os.O_EXCL):
        return
    path = os.path.abspath(os.fsdecode(arguments[0]))
    if users(path) and not path.startswith(("/dev/", "/proc/", "/sys/")) and path not in sys.path:  # As an archive.
        callers = (frame.f_code.co_filename for frame, _ in walk_stack(sys._getframe()))
        opener = next((file for file in callers if file.startswith(COMMANDS) or (users(file) and file[0] != "<")), "")
        if not opener.startswith(COMMANDS):
            folder, name = os.path.split(path)
            source = os.path.join(os.path.dirname(folder), f"{name.partition('.')[0]}.py")
            OPENED.add(source if name.endswith(".pyc") else path)


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
