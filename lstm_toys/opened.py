"""Records the files that this process opens and imports, since results may depend on them. Imports nothing heavy.

An audit hook sees every file that Python opens, from the import of `lstm_toys` on. Interactive sessions are not
recorded.
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
from urllib.parse import unquote, urlsplit

LIBRARY = str(Path(__file__).resolve().parent)
OURS = (LIBRARY + os.sep, str(Path(LIBRARY).parent / "experiments") + os.sep)
"""Folders of the library, and of the experiments next to it in a clone."""

XLA_FLAGS = os.environ.get("XLA_FLAGS", "")
"""The flags as the user set them, before the library adds its own."""

UNSEEN_READERS = re.compile(
    rb"\b(h5py|h5netcdf|netCDF4|pyarrow|polars|read_hdf|read_parquet|read_feather|"
    rb"open_dataset|open_mfdataset|load_dataset|open_dataarray|load_dataarray|open_datatree|open_zarr|shelve|dbm)\b"
)
"""Readers that open files unnoticed by the hook, although the library may have loaded them already."""

EXTENSIONS = {
    *("PIL", "contourpy", "h5py", "jaxlib", "kiwisolver", "matplotlib", "ml_dtypes", "msgpack", "numpy", "pandas"),
    *("scipy", "yaml", "markupsafe", "psutil", "tornado"),
}
"""Packages with extension modules that the library loads itself, or that open files through Python."""

LOADED = EXTENSIONS | {"dask", "distributed", "flax", "h5netcdf", "jax", "optax", "rich", "xarray"}
"""Packages that the library loads itself. They could read files unnoticed, but only if the user's code calls them."""

SPAWNING = re.compile(r".*\.popen_(spawn|forkserver|loky)\w*")
"""Modules imported when the first non-forked process starts, which raises no audit event."""

SUMMARIES = ("config.json", "metrics.json")
"""Files of every run that the library reads to find a run. They count only if the user's code reads them."""

OUTSIDE = {
    **dict.fromkeys(("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn"), "starts a process"),
    **dict.fromkeys(("os.fork", "os.forkpty"), "starts a process"),
    **dict.fromkeys(("socket.connect", "socket.getaddrinfo", "socket.sendto"), "uses the network"),
    **dict.fromkeys(("os.listdir", "os.scandir", "glob.glob"), "lists a folder"),
    "ctypes.dlopen": "loads a library",
    "sqlite3.connect": "uses SQLite, which opens files without Python",
}
"""Audit events that may affect results without opening a file, with their descriptions."""

TEMPORARY = ".lstm_toys-"
"""Prefix of files that this library is writing, possibly without Python; see `files.replacing`."""

Stamp = tuple[int, int, int]
"""Size, modification time and inode of a file when it was opened."""


class Sought(NamedTuple):
    """A module that was searched for in folders (None: in `sys.path`), and whether the user's code imported it."""

    folders: Iterable[str] | None
    by_own: bool


_opened: dict[str, Stamp] = {}
_written: set[str] = set()
_summaries: set[str] = set()
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
    """Whether a file belongs to Python or to an installed package other than this library."""
    return path.startswith(INSTALLED) and not path.startswith(OURS[0])


def record() -> None:
    """Starts recording opened files, once per process and never in an interactive session."""
    global _recording
    main = sys.modules.get("__main__")
    if _recording or hasattr(sys, "ps1") or sys.flags.interactive or not getattr(main, "__file__", None):
        return
    _early.extend(_imported_too_early())
    _recording = True
    sys.addaudithook(_hook)
    sys.meta_path.insert(0, _Listener)


def files() -> set[str]:
    """All files that were opened for reading, or imported."""
    return {*_opened.copy(), *modules()}


def written(path: str) -> bool:
    """Whether this process has opened a file for writing."""
    return path in _written


def looked_up(path: str) -> bool:
    """Whether a file is a run's summary that only the library has read."""
    return os.path.basename(path) in SUMMARIES and path not in _summaries


def modules() -> Iterator[str]:
    """The files of all imported modules."""
    every = (getattr(module, "__file__", None) for module in [*sys.modules.values()])
    return (os.path.abspath(path) for path in every if path)


def digest(path: str) -> str:
    """The first 16 hexadecimal digits of a file's SHA-256; this reading is not recorded."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def missed() -> Iterator[str]:
    """Paths at which a new file would change an import: of missing modules, and ahead of those found."""
    for name, (folders, by_own) in [*_sought.items()]:
        module, last = sys.modules.get(name), name.rpartition(".")[2]
        file = getattr(module, "__file__", None)
        current = os.path.abspath(file) if file else ""
        if module is not None and not (by_own or (current and not installed(current))):
            continue
        for folder in map(os.path.abspath, sys.path if folders is None else folders):
            if not _standard(f"{folder}{os.sep}") and not folder.endswith(".zip"):
                place = os.path.join(folder, last)
                before = list(takewhile(current.__ne__, (os.path.join(place, "__init__.py"), f"{place}.py", place)))
                yield from before
                if len(before) < 3:
                    break


def changed(path: str) -> bool:
    """Whether a file has changed since it was opened."""
    stamp = _opened.get(path)
    return stamp is not None and stamp != _stamp(path)


def unseen() -> str | None:
    """Why files may have been read without being recorded; None if nothing suggests it."""
    if not _recording:
        return "this is an interactive session"
    if _early:
        return f"{_early[0]} was imported before lstm_toys"
    if _outside:
        return next(iter(_outside.values()))
    for name, module in [*sys.modules.items()]:
        file = getattr(module, "__file__", None) or ""
        if file.endswith((".so", ".pyd")) and not _standard(file) and _package(file) not in EXTENSIONS:
            return f"{name} may open files without Python"
    for path in {*modules(), *(each for each in [*_opened] if each.endswith(".py"))}:
        if not path.startswith(OURS[0]) and not _standard(path) and _package(path) not in LOADED:
            try:
                reader = UNSEEN_READERS.search(Path(path).read_bytes())
            except OSError:
                continue
            if reader:
                who = _package(path) or Path(path).name
                return f"{who} uses {reader[0].decode()}, which opens files without Python"
    return None


def _standard(file: str) -> bool:
    """Whether a file belongs to the standard library."""
    return "site-packages" not in file and "dist-packages" not in file and file.startswith(INSTALLED)


def _package(file: str) -> str:
    """The installed package that a file belongs to; empty if there is none."""
    _, installed, name = file.rpartition(f"-packages{os.sep}")
    return name.partition(os.sep)[0].removesuffix(".py") if installed else ""


def _imported_too_early() -> list[str]:
    """The user's modules that may have read files before the hook was installed."""
    early = []
    for name, module in [*sys.modules.items()]:
        file = getattr(module, "__file__", None)
        path = os.path.abspath(file) if file else OURS[0]
        if not path.startswith((OURS[0], *INSTALLED)) and not _only_imports(path):
            early.append(name)
    return early


def _only_imports(path: str) -> bool:
    """Whether a file contains only a docstring and imports before it first imports the library."""
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
    """The stamp of a file; None for a folder."""
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


def _note_database(name: str) -> None:
    """Records the file of an SQLite database, whose name may be a URI."""
    name = unquote(urlsplit(name).path) if name.startswith("file:") else name
    if name not in ("", ":memory:"):
        _note(os.path.abspath(name))


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Records an audit event; must not raise, since that would abort the audited operation."""
    try:
        if event == "open":
            flags, caller = arguments[2] or 0, sys._getframe(1)
            if caller.f_code.co_filename != __file__:
                path = os.path.abspath(os.fsdecode(arguments[0]))
                if flags & (os.O_WRONLY | os.O_RDWR):
                    _written.add(path)
                if not flags & (os.O_WRONLY | os.O_TRUNC | os.O_EXCL):  # Otherwise it is emptied.
                    _note(path)
                    if path.endswith(SUMMARIES) and _of_ones_own(caller):
                        _summaries.add(path)
        elif event == "os.rename":
            before, after = (os.path.abspath(os.fsdecode(each)) for each in arguments[:2])
            if before in _written or os.path.basename(before).startswith(TEMPORARY):
                _written.update((before, after))
        elif event == "sqlite3.connect":
            _note_database(os.fsdecode(arguments[0]))
        if event in OUTSIDE and (place := _of_ones_own(sys._getframe(1))):
            _outside.setdefault(event, f"{os.path.basename(place)} {OUTSIDE[event]}")
    except Exception:  # Odd arguments, or the interpreter is shutting down.
        return


def _of_ones_own(frame: FrameType | None) -> str | None:
    """The user's file that called, past frames of installed packages; None if this library or an import called."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib"):
            return None
        if not name.startswith(("<", *INSTALLED)):
            return None if name.startswith(OURS) else name
        frame = frame.f_back
    return None


class _Listener:
    """A meta path finder that records which modules are searched for, and finds none."""

    @staticmethod
    def find_spec(name: str, folders: Iterable[str] | None = None, _: Any = None) -> None:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith(("<frozen", importlib.__file__)):
            frame = frame.f_back
        if SPAWNING.fullmatch(name) and (starting := _of_ones_own(frame)):
            _outside.setdefault(name, f"{os.path.basename(starting)} starts a process")
        place = OURS[0] if frame is None else frame.f_code.co_filename
        by_own = not place.startswith((*INSTALLED, *OURS)) or (name in _sought and _sought[name].by_own)
        _sought[name] = Sought(folders, by_own)
