"""Where a run comes from: the question, the command, versions, and the user's modules that were imported."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_toys import modules, processor
from lstm_toys.files import Damaged, read_json, replacing, sha256, telling_damage, write_json
from lstm_toys.runs import flags, parsers
from lstm_toys.runs.identity import Options

if TYPE_CHECKING:
    from lstm_toys.runs.folder import Run
    from lstm_toys.runs.study import Study

ORIGIN, SOURCES = "origin.json", "source"
"""The file, and the folder of copied modules, in the folder of a run."""

MOST_SOURCE = 2**20
"""Most bytes of all modules that are copied; of larger ones, digests are recorded alone."""


@dataclass(frozen=True)
class Command:
    """A command, but for its studies.

    Attributes:
        options: how its runs are executed.
        notes: lines to print first.
        question: what it is about, for studies that do not say it themselves.
        called: how the user called it.
        arguments: its arguments.
    """

    options: Options
    notes: Sequence[str] = ()
    question: str = ""
    called: str = ""
    arguments: Sequence[str] = ()

    @property
    def text(self) -> str:
        """The command line without options, which change no result, and with paths that mean something elsewhere."""
        table, words, left = flags.of(Options), list[str](), [*self.arguments]
        while left:
            name, equals, value = left.pop(0).partition("=")
            flag = name.lstrip("-")
            if name.startswith("-") and (option := table.get(flag) or table.get(flag.removeprefix("no"))):
                del left[: not isinstance(option.parser, parsers.Switch) and not equals]
            else:
                words.append(f"{name}={portable(value)}" if equals else portable(name))
        return shlex.join([*map(portable, shlex.split(self.called)), *words])

    @property
    def files(self) -> Iterator[Path]:
        """The files that arguments name."""
        for argument in self.arguments:
            path = Path(argument.rpartition("=")[2])
            if (path.suffix or len(path.parts) > 1) and path.is_file():
                yield path


def portable(text: str) -> str:
    """A path, also behind a name and an equals sign, without the folders above those of the question."""
    name, equals, value = text.rpartition("=")
    path = Path(os.path.abspath(os.path.expanduser(value)))
    return f"{name}{equals}{relative(path).as_posix() if os.sep in value and path.exists() else value}"


def relative(path: Path) -> Path:
    """The path of a file below the folder of the question, or of the experiments in a clone; else its name."""
    for folder in (Path.cwd(), *(Path(package).parent for package in modules.EXPERIMENTS)):
        if path.is_relative_to(folder):
            return path.relative_to(folder)
    return Path(path.name)


def record(run: Run, study: Study[Any], command: Command, environment: dict[str, Any], *, asked: bool) -> None:
    """Records where a run comes from, and copies the user's modules; no path, user or host is written.

    ``asked``: whether the command is about this study, rather than about one that needs it.
    """
    sources, elsewhere, size = dict[str, str](), dict[str, str](), 0
    for path in map(Path, sorted({*modules.imported()})):
        if not path.is_file():  # Some modules name files that there are not.
            continue
        name, digest, more = relative(path), sha256(path), path.stat().st_size
        if (len(name.parts) == 1 and path.parent != Path.cwd()) or size + more > MOST_SOURCE:
            elsewhere[path.parent.name if path.stem == "__init__" else path.stem] = digest
            continue
        size += more
        target = run.folder / SOURCES / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as temporary:
            temporary.write_bytes(path.read_bytes())
        sources[name.as_posix()] = digest
    data = {relative(Path(os.path.abspath(path))).as_posix(): path for path in (*command.files, *study.data)}
    origin = {
        "asked": asked,
        "question": study.question or command.question,
        "command": command.text,
        "differs": study.differing(),
        "python": platform.python_version(),
        "environment": environment,
        "processor": processor.name(),
        "modules": {**packages(), **elsewhere},
        "sources": sources,
        "data": {name: {"sha256": sha256(path), "bytes": path.stat().st_size} for name, path in sorted(data.items())},
    }
    write_json(run.folder / ORIGIN, origin)


def packages() -> dict[str, str]:
    """The versions of installed packages that are imported, or that this library needs, by name."""
    names, versions = {name.partition(".")[0] for name in [*sys.modules]} - sys.stdlib_module_names, {}
    for name in sorted({*names, *_needed()}):
        with suppress(ImportError, OSError, KeyError, ValueError):  # It is not there, or is broken.
            versions[name] = importlib.metadata.version(name)
    return versions


def _needed() -> Iterator[str]:
    with suppress(importlib.metadata.PackageNotFoundError):  # Neither installed, nor a clone that is.
        for requirement in importlib.metadata.requires("lstm_toys") or ():
            if "extra ==" not in requirement:
                yield re.split(r"[^\w-]", requirement)[0].replace("-", "_")


def read(folder: Path) -> dict[str, Any]:
    """The origin of the run in a folder; empty if none is recorded, as in a published folder; raises Damaged."""
    if not (path := folder / ORIGIN).exists():
        return {}
    origin = read_json(path)
    with telling_damage(path):
        for kind, names in ((str, ("question", "command")), (dict, ("differs", "environment"))):
            if not all(isinstance(origin[name], kind) for name in names):
                raise Damaged(path, "is damaged: it is not what a run records")
    return origin
