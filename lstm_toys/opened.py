"""What this process has opened and imported: the files that its numbers may depend on. Imports nothing heavy.

An audit hook sees every file that Python opens. It is there from the import of `lstm_toys` on, in programs that may be
commands; an interactive session has none.
"""

import ast
import hashlib
import importlib
import importlib.util
import os
import re
import site
import stat
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

LIBRARY = str(Path(__file__).resolve().parent)
OURS = (LIBRARY + os.sep, str(Path(LIBRARY).parent / "experiments") + os.sep)
"""Folders of the library and of the experiments that are next to it in a clone."""

XLA_FLAGS = os.environ.get("XLA_FLAGS", "")
"""As the user set them, before the library adds its own."""

UNSEEN_READERS = re.compile(
    rb"\b(h5py|h5netcdf|netCDF4|pyarrow|polars|read_hdf|read_parquet|read_feather|"
    rb"open_dataset|open_mfdataset|load_dataset|open_dataarray|load_dataarray|open_datatree|open_zarr|shelve|dbm)\b"
)
"""What opens files past the hook although the library may have loaded it already."""

EXTENSIONS = {
    *("PIL", "contourpy", "h5py", "jaxlib", "kiwisolver", "matplotlib", "ml_dtypes", "msgpack", "numpy", "pandas"),
    *("scipy", "yaml", "markupsafe", "psutil", "tornado"),
}
"""Packages with extension modules that the library loads itself, or that open files by Python."""

OUTSIDE = {
    **dict.fromkeys(("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn"), "starts a process"),
    **dict.fromkeys(("os.fork", "os.forkpty"), "starts a process"),
    **dict.fromkeys(("socket.connect", "socket.getaddrinfo", "socket.sendto"), "uses the network"),
    **dict.fromkeys(("os.listdir", "os.scandir", "glob.glob"), "lists a folder"),
    "ctypes.dlopen": "loads a library",
}
"""What may decide numbers and opens no file, by the name of its audit event."""

TEMPORARY = ".lstm_toys-"
"""What the names of files begin with while this library writes them, maybe without Python; see `files.replacing`."""

Stamp = tuple[int, int, int]
"""Size, time and number of a file when it was opened."""


class Sought(NamedTuple):
    """A module that was looked for.

    Attributes:
        folders: where; None: in those of `sys.path`.
        by_own: whether code of one's own asked for it.
    """

    folders: Iterable[str] | None
    by_own: bool


_opened: dict[str, Stamp] = {}
_written: set[str] = set()
_sought: dict[str, Sought] = {}
_outside: dict[str, str] = {}
_early: list[str] = []
_recording = False


def _folders() -> tuple[str, ...]:
    """Folders of the standard library and of installed packages."""
    places = [sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")]
    places += [*site.getsitepackages(), site.getusersitepackages()]
    return tuple(dict.fromkeys(f"{each}{os.sep}" for place in places for each in (place, os.path.realpath(place))))


INSTALLED = _folders()


def installed(path: str) -> bool:
    """Whether a file is one of Python's or of an installed package other than this library."""
    return path.startswith(INSTALLED) and not path.startswith(OURS[0])


def record() -> None:
    """Begins to take down what is opened, unless this is an interactive session or was done before."""
    global _recording
    main = sys.modules.get("__main__")
    if _recording or hasattr(sys, "ps1") or sys.flags.interactive or not getattr(main, "__file__", None):
        return
    _early.extend(_imported_too_early())
    _recording = True
    sys.addaudithook(_hook)
    sys.meta_path.insert(0, _Listener)


def files() -> set[str]:
    """Every file that was opened to be read, or imported; not those that this process wrote."""
    return {*(path for path in [*_opened] if path not in _written), *modules()}


def modules() -> Iterator[str]:
    """The files of all modules."""
    every = (getattr(module, "__file__", None) for module in [*sys.modules.values()])
    return (os.path.abspath(path) for path in every if path)


def digest(path: str) -> str:
    """The SHA-256 of a file, shortened; it does not count as opened for that."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def missed() -> Iterator[str]:
    """Where modules would lie that were looked for and not found, or that would be found before those that were."""
    for name, (folders, by_own) in [*_sought.items()]:
        module, last = sys.modules.get(name), name.rpartition(".")[2]
        file = getattr(module, "__file__", None)
        found = os.path.abspath(file) if file else ""
        if module is not None and not (by_own or (found and not installed(found))):
            continue
        for folder in map(os.path.abspath, sys.path if folders is None else folders):
            if not _standard(f"{folder}{os.sep}") and not folder.endswith(".zip"):
                place = os.path.join(folder, last)
                before = list(takewhile(found.__ne__, (os.path.join(place, "__init__.py"), f"{place}.py", place)))
                yield from before
                if len(before) < 3:
                    break


def changed(path: str) -> bool:
    """Whether a file is not as it was when it was opened."""
    stamp = _opened.get(path)
    return stamp is not None and stamp != _stamp(path)


def unseen() -> str | None:
    """Why files may have been read that nobody saw; None if there is no reason to think so."""
    if not _recording:
        return "this is an interactive session"
    if _early:
        return f"{_early[0]} was imported before lstm_toys"
    if _outside:
        return next(iter(_outside.values()))
    for name, module in [*sys.modules.items()]:
        file = getattr(module, "__file__", None) or ""
        if file.endswith((".so", ".pyd")) and not _standard(file) and EXTENSIONS.isdisjoint(Path(file).parts):
            return f"{name} may open files without Python"
    for path in {*modules(), *(each for each in [*_opened] if each.endswith(".py"))}:
        if not installed(path) and not path.startswith(OURS[0]):
            try:
                found = UNSEEN_READERS.search(Path(path).read_bytes())
            except OSError:
                continue
            if found:
                return f"{Path(path).name} uses {found[0].decode()}, which opens files without Python"
    return None


def _standard(file: str) -> bool:
    """Whether an extension module is one of the standard library."""
    return "site-packages" not in file and "dist-packages" not in file and file.startswith(INSTALLED)


def _imported_too_early() -> list[str]:
    """Modules of one's own that may have read files before the hook was there."""
    found = []
    for name, module in [*sys.modules.items()]:
        file = getattr(module, "__file__", None)
        path = os.path.abspath(file) if file else OURS[0]
        if not path.startswith((OURS[0], *INSTALLED)) and not _only_imports(path):
            found.append(name)
    return found


def _only_imports(path: str) -> bool:
    """Whether a file holds nothing but a docstring and imports above its first import of the library."""
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return False
    for statement in tree.body:
        names = (
            [each.name for each in statement.names]
            if isinstance(statement, ast.Import)
            else [statement.module or ""]
            if isinstance(statement, ast.ImportFrom)
            else []
        )
        if any(f"{name}.".startswith(("lstm_toys.", "experiments.")) for name in names):
            return True
        docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not names and not docstring:
            return False
    return True


def _stamp(path: str) -> Stamp | None:
    """None of a folder."""
    try:
        status = os.stat(path)
    except OSError:
        return (-1, -1, -1)
    return None if stat.S_ISDIR(status.st_mode) else (status.st_size, status.st_mtime_ns, status.st_ino)


def _note(path: str) -> None:
    if path.endswith(".pyc"):
        with suppress(ValueError):  # Not in a cache folder.
            path = importlib.util.source_from_cache(path)
    if path not in _opened and (stamp := _stamp(path)):
        _opened[path] = stamp


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Takes down what an audit event tells; must not raise, since that would end what is being done."""
    try:
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, str | bytes) and sys._getframe(1).f_code.co_filename != __file__:
                path = os.path.abspath(os.fsdecode(path))
                if (flags or 0) & (os.O_WRONLY | os.O_RDWR):
                    _written.add(path)
                else:
                    _note(path)
        elif event == "os.rename":
            before, after = (os.path.abspath(os.fsdecode(each)) for each in arguments[:2])
            if before in _written or os.path.basename(before).startswith(TEMPORARY):
                _written.update((before, after))
        elif event == "sqlite3.connect":
            if isinstance(arguments[0], str | bytes):
                _note(os.path.abspath(os.fsdecode(arguments[0])))
        elif event in OUTSIDE and (place := _of_ones_own(sys._getframe(1))):
            _outside.setdefault(event, f"{os.path.basename(place)} {OUTSIDE[event]}")
    except Exception:  # Of odd arguments, or while the interpreter ends.
        return


def _of_ones_own(frame: FrameType | None) -> str | None:
    """The file of the nearest caller outside Python and installed packages, if it is one's own.

    What a module does while it is imported is not done by whoever imports it.
    """
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib"):
            return None
        if not name.startswith(("<", *INSTALLED)):
            return None if name.startswith(OURS) else name
        frame = frame.f_back
    return None


class _Listener:
    """Stands first among what finds modules, takes down what is looked for, and finds nothing."""

    @staticmethod
    def find_spec(name: str, folders: Iterable[str] | None = None, _: Any = None) -> None:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith(("<frozen", importlib.__file__)):
            frame = frame.f_back
        place = OURS[0] if frame is None else frame.f_code.co_filename
        by_own = not place.startswith((*INSTALLED, *OURS)) or (name in _sought and _sought[name].by_own)
        _sought[name] = Sought(folders, by_own)
