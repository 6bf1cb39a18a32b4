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
from urllib.parse import unquote, urlsplit

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

LOADED = EXTENSIONS | {"dask", "distributed", "flax", "h5netcdf", "jax", "optax", "rich", "xarray"}
"""Packages that the library loads itself. They can read files past the hook, but nobody may ask them to."""

SPAWNING = re.compile(r".*\.popen_(spawn|forkserver|loky)\w*")
"""Modules that are imported when the first process that is not a fork starts, of which there is no audit event."""

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
    """Every file that was opened to be read, or imported."""
    return {*_opened.copy(), *modules()}


def written(path: str) -> bool:
    """Whether this process has opened a file for writing."""
    return path in _written


def looked_up(path: str) -> bool:
    """Whether a file is a summary of a run that only the library has read."""
    return os.path.basename(path) in SUMMARIES and path not in _summaries


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
        if file.endswith((".so", ".pyd")) and not _standard(file) and _package(file) not in EXTENSIONS:
            return f"{name} may open files without Python"
    for path in {*modules(), *(each for each in [*_opened] if each.endswith(".py"))}:
        if not path.startswith(OURS[0]) and not _standard(path) and _package(path) not in LOADED:
            try:
                found = UNSEEN_READERS.search(Path(path).read_bytes())
            except OSError:
                continue
            if found:
                who = _package(path) or Path(path).name
                return f"{who} uses {found[0].decode()}, which opens files without Python"
    return None


def _standard(file: str) -> bool:
    """Whether an extension module is one of the standard library."""
    return "site-packages" not in file and "dist-packages" not in file and file.startswith(INSTALLED)


def _package(file: str) -> str:
    """The installed package that a file is of; empty if it is of none."""
    _, installed, name = file.rpartition(f"-packages{os.sep}")
    return name.partition(os.sep)[0].removesuffix(".py") if installed else ""


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


def _note_database(name: str) -> None:
    """Notes the file of an SQLite database, whose name may be a URI."""
    name = unquote(urlsplit(name).path) if name.startswith("file:") else name
    if name not in ("", ":memory:"):
        _note(os.path.abspath(name))


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Takes down what an audit event tells; must not raise, since that would end what is being done."""
    try:
        if event == "open":
            flags, caller = arguments[2] or 0, sys._getframe(1)
            if caller.f_code.co_filename != __file__:
                path = os.path.abspath(os.fsdecode(arguments[0]))
                if flags & (os.O_WRONLY | os.O_RDWR):
                    _written.add(path)
                if not flags & (os.O_WRONLY | os.O_TRUNC | os.O_EXCL):  # Else it begins empty.
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
        if SPAWNING.fullmatch(name) and (starting := _of_ones_own(frame)):
            _outside.setdefault(name, f"{os.path.basename(starting)} starts a process")
        place = OURS[0] if frame is None else frame.f_code.co_filename
        by_own = not place.startswith((*INSTALLED, *OURS)) or (name in _sought and _sought[name].by_own)
        _sought[name] = Sought(folders, by_own)
