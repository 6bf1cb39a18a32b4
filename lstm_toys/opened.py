"""Records the files that the user's code opens, since results may depend on them. Imports nothing heavy.

An audit hook sees every file that Python opens, from the import of `lstm_toys` on. docs/guarantees.md lists what it
does not see. Interactive sessions are not recorded.
"""

import ast
import hashlib
import os
import re
import site
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import unquote, urlsplit

LIBRARY = str(Path(__file__).resolve().parent)
OURS = (LIBRARY + os.sep, str(Path(LIBRARY).parent / "experiments") + os.sep)
XLA_FLAGS = os.environ.get("XLA_FLAGS", "")
"""The flags as the user set them, before the library adds its own."""

UNATTRIBUTED = {
    **dict.fromkeys(("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn"), "starts a process"),
    **dict.fromkeys(("os.fork", "os.forkpty"), "starts a process"),
    **dict.fromkeys(("os.listdir", "os.scandir", "glob.glob"), "lists a folder"),
}
"""Audit events that may affect results without opening a file, with their descriptions."""

BACKGROUND = tuple(f"{os.sep}{name}{os.sep}" for name in ("distributed", "tornado", "rich", "tqdm"))
"""Packages whose threads run no code of the user's."""

MISSING = 0

_opened: dict[str, int] = {}
"""When each file had last been changed as it was opened, in nanoseconds, or `MISSING`."""

_unattributed: list[str] = []
_early: list[str] = []
_recording = False
_began = 0

_places = [sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")]
_places += [*site.getsitepackages(), site.getusersitepackages()]
INSTALLED = tuple({f"{each}{os.sep}" for place in _places for each in (place, os.path.realpath(place))})
"""Folders of Python and of installed packages."""


def installed(path: str) -> bool:
    """Whether a file belongs to Python or to an installed package other than this library."""
    return path.startswith(INSTALLED) and not path.startswith(OURS[0])


def packages() -> list[str]:
    """The names and versions of all installed packages, as their metadata folders are called."""
    places = [each for each in dict.fromkeys(map(os.path.abspath, sys.path)) if os.path.isdir(each)]
    names = {name for place in places if f"{place}{os.sep}".startswith(INSTALLED) for name in os.listdir(place)}
    return sorted(name.removesuffix(".dist-info") for name in names if name.endswith(".dist-info"))


def record() -> None:
    """Starts recording opened files, once per process and never in an interactive session."""
    global _recording, _began
    main = sys.modules.get("__main__")
    if _recording or hasattr(sys, "ps1") or sys.flags.interactive or not getattr(main, "__file__", None):
        return
    _early.extend(path for path in modules() if not path.startswith((*OURS, *INSTALLED)) and not _only_imports(path))
    _recording, _began = True, time.time_ns()
    sys.addaudithook(_hook)


def files() -> set[str]:
    """All files outside of installed packages that the user's code has opened, or that were imported."""
    return {path for path in (*_opened.copy(), *modules()) if not installed(path)}


def modules() -> Iterator[str]:
    """The files of all imported modules."""
    every = (getattr(module, "__file__", None) for module in [*sys.modules.values()])
    return (os.path.abspath(path) for path in every if path)


def note(path: str | os.PathLike[str]) -> None:
    """Records a file that this library opens for the user."""
    absolute = os.path.abspath(path)
    if _recording and absolute not in _opened and not os.path.isdir(absolute):
        _opened[absolute] = _last_changed(absolute)


def digest(path: str) -> str:
    """The first 16 hexadecimal digits of a file's SHA-256; this reading is not recorded."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def changed(path: str) -> bool:
    """Whether a file has changed since it was opened or, if it was imported, since this process began."""
    now = _last_changed(path)
    return now != _opened[path] if path in _opened else now > _began


def unseen() -> str | None:
    """Why not all that results depend on may be recorded; None if nothing suggests it."""
    if not _recording:
        return "this is an interactive session"
    if _early:
        return f"{os.path.basename(_early[0])} was imported before lstm_toys"
    return _unattributed[0] if _unattributed else None


def _only_imports(path: str) -> bool:
    """Whether a file contains only text and imports before it first imports the library."""
    try:
        statements = ast.parse(Path(path).read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return False
    for each in statements:
        if isinstance(each, ast.Import | ast.ImportFrom):
            if re.match(r"(import|from) (lstm_toys|experiments)\b", ast.unparse(each)):
                return True
        elif not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)):
            return False
    return True


def _last_changed(path: str) -> int:
    """When the content, name or permissions of a file last changed, which no program can set; `MISSING` without it."""
    try:
        return os.stat(path).st_ctime_ns
    except OSError:
        return MISSING


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Records an audit event; must not raise, since that would abort the audited operation."""
    try:
        if event == "open" and not (arguments[2] or 0) & (os.O_WRONLY | os.O_TRUNC | os.O_EXCL):
            if place := _users(sys._getframe(1)):
                path = os.fsdecode(arguments[0])  # Of a descriptor, a TypeError.
                note(path)
                by_descriptor = arguments[1] is None and not os.path.isabs(path)  # Of os.open, which may take a folder.
                if by_descriptor and _opened.get(os.path.abspath(path)) == MISSING:
                    _unattributed.append(f"{place} opens a file of an unknown folder")
        elif event == "sqlite3.connect" and _users(sys._getframe(1)):
            name = os.fsdecode(arguments[0])
            note(unquote(urlsplit(name).path) if name.startswith("file:") else name)
        elif event in UNATTRIBUTED and (place := _users(sys._getframe(1))):
            _unattributed.append(f"{place} {UNATTRIBUTED[event]}")
    except Exception:  # Odd arguments, or the interpreter is shutting down.
        return


def _users(frame: FrameType | None) -> str | None:
    """The name of the user's file that caused an event, past frames of Python and of packages; None if another did."""
    name, background = "", False
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib"):
            return None
        if not name.startswith(("<", *INSTALLED)) or name.startswith(OURS[0]):
            return None if name.startswith(OURS) else os.path.basename(name)
        background = background or any(each in name for each in BACKGROUND)
        frame = frame.f_back
    return None if background else "a thread"
