"""Derives metrics, texts, figures and reports from the results of a finished run, again only if something differs.

They are made again if they are not what was written, or if what they are made of differs: results, the library,
packages, the user's modules, or files that these opened. Parts of analyses are kept in the same way.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import jax

from lstm_toys import figures, files, modules, tables
from lstm_toys.execution import digests
from lstm_toys.files import parsed, read_sealed, sha256, write_json, write_sealed, write_text
from lstm_toys.runs.folder import METRICS, REPORT, Run
from lstm_toys.runs.study import Study, rounded, stopwatch

PUBLIC = ("dynamics", "studies")
"""Folders with functions of the library that users call on finished runs, in addition to `digests.BELOW`."""

SHOWN = ("figures", "captions", "seconds")
"""Entries of metrics that drawing adds."""


def measure(study: Study[Any]) -> None:
    """Makes metrics and texts; where they cannot be written, the run has the metrics in memory."""
    run = study.run

    def make(writable: bool) -> Iterable[str]:
        before, texts = run.stored(), study.texts()
        digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
        metrics = {
            "network_digests": study.network_digests(),
            **before,
            **study.metrics(),
            "files": run.computed | digests,
            **({"texts": [*texts]} if texts else {}),
        }
        if not writable:
            run.unwritten = json.loads(json.dumps(metrics))
            return ()
        for name, text in texts.items():
            write_text(run.folder / name, text)
        if json.loads(json.dumps(metrics)) != before:
            run.write_metrics(metrics)
        return texts

    for name, digest in run.computed.items():
        files.checked(run.folder / name, digest)
    _derive(study, "metrics", [], study.needed.values(), make)


def show(study: Study[Any], form: str | None, tell: Callable[[str], None], *, timed: bool) -> None:
    """Makes the report and, in a form, figures; if they are ``timed``, the metrics say how long they took."""
    run = study.run

    def make(writable: bool) -> Iterable[str]:
        before, drawings, seconds = run.stored(), dict[str, figures.Drawing](), dict[str, float]()
        if form and not writable:
            tell(f"{run.folder} cannot be written; figures are not drawn")
        if not writable:
            return ()
        if form:
            with stopwatch(seconds, "figures"):
                drawings = {name.replace(".png", f".{form}"): drawing for name, drawing in study.draw()}
                for name in {*before.get("figures", ())} - {*drawings}:
                    (run.folder / name).unlink(missing_ok=True)
                for name, drawing in drawings.items():
                    figures.save(drawing, run.folder / name)
            took = {"seconds": before["seconds"] | rounded(seconds)} if timed else {}
            captions = {name: caption for name, each in drawings.items() if (caption := figures.drawings.caption(each))}
            if (metrics := {**before, "figures": [*drawings], "captions": captions, **took}) != before:
                run.write_metrics(metrics)
        report, path = tables.as_json(study.report()), run.folder / REPORT
        if not (path.exists() and parsed(path) == report):
            write_json(path, report)
        return *drawings, METRICS, REPORT

    run.read_metrics()
    _derive(study, "shown", [form], [*study.needed.values(), *study.beside.values()], make)


def _derive(
    study: Study[Any], name: str, inputs: Iterable[Any], others: Iterable[Run], make: Callable[[bool], Iterable[str]]
) -> None:
    """Makes files, whose names are returned, unless they are there and were made of the same."""
    run, runs = study.run, dict.fromkeys([study.run, *others])
    sources = [[source.folder.name, source.computed, source.stored().get("computed")] for source in runs]
    templates = [sha256(path) for path in sorted(Path(modules.LIBRARY).rglob("*.jinja"))]

    def there(names: Iterable[str]) -> dict[str, Any]:
        metrics = {entry: value for entry, value in run.stored().items() if entry not in SHOWN}
        summary = hashlib.sha256(json.dumps(metrics, sort_keys=True).encode()).hexdigest()
        return {"metrics": summary, "files": {name: sha256(run.folder / name) for name in names}}

    def opened() -> Iterable[str]:
        caches = [jax.config.values["jax_compilation_cache_dir"]]
        with suppress(RuntimeError):  # The user has no home.
            caches.append(files.cache_folder().parent)
        folders = tuple(f"{folder}{os.sep}" for folder in (*(source.folder.absolute() for source in runs), *caches))
        return (path for path in modules.OPENED if not path.startswith(folders))

    with run.writing() as writable:
        run.forget()  # Checkpoints of a process that was killed after it had finished the run.
        kept(
            run.folder / ".derived" / f"{name}.json",
            key([*inputs, sources, templates], "figures"),
            lambda: there(make(writable)),
            usable=lambda value: there(value["files"]) == value,
            opened=opened,
            writable=writable,
        )


def key(inputs: Sequence[Any], *folders: str) -> str:
    """Digests inputs, the library's code, also in these folders, the versions of packages, and NumPy's kernels."""
    everything = [*inputs, digests.library(*PUBLIC, *folders), packages(), digests.computed_by_numpy()]
    return hashlib.sha256(json.dumps(everything).encode()).hexdigest()[:16]


def kept(
    path: Path,
    key: str,
    compute: Callable[[], Any],
    *,
    usable: Callable[[Any], bool] = lambda _: True,
    opened: Callable[[], Iterable[str]] | None = None,
    writable: bool = True,
) -> Any:
    """Returns the value that a file keeps, or computes it if the key or the user's code is another one.

    The value is not kept in an interactive session, or if a module changed after the process began.

    Args:
        path: the file.
        key: digest of everything that the value depends on but the user's code; see `key`.
        compute: computes the value, which JSON can store.
        usable: whether a kept value can be used.
        opened: the files that the user's code has opened, if the value depends on them, too.
        writable: whether the file can be written.
    """
    before = _read(opened)
    if before is not None:
        with suppress(OSError, KeyError):  # A damaged file is written again.
            record = read_sealed(path)
            if record["key"] == key and _current(record["read"], record["others"], before) and usable(record["value"]):
                return record["value"]
    value = json.loads(json.dumps(compute()))
    if writable and (after := _read(opened)) is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_sealed(path, {"key": key, "read": after, "others": sorted(_others(after)), "value": value})
    return value


@cache
def packages() -> list[str]:
    """The names and versions of all installed packages that have them."""
    places, found = map(os.path.abspath, sys.path), set[str]()
    for package in distributions(path=[each for each in places if f"{each}{os.sep}".startswith(modules.INSTALLED)]):
        with suppress(OSError, KeyError):  # Its metadata are missing.
            found.add(f"{package.name} {package.version}")
    return sorted(found)


def _read(opened: Callable[[], Iterable[str]] | None) -> dict[str, str] | None:
    """Digests of the user's modules and of files that they opened, by path; None if they may not be what was read."""
    paths = {*modules.imported(), *(opened() if opened else ())}
    unknown = modules.interactive() or (opened is not None and modules.preceded())
    if unknown or any(map(modules.changed, paths)):
        return None
    with suppress(OSError):  # Of what is not a regular file.
        return {_relative(path): sha256(Path(path)) for path in sorted(paths)}
    return None


def _current(recorded: Mapping[str, str], others: Sequence[str], read: Mapping[str, str]) -> bool:
    """Whether all files are as they were recorded, and no new module may be imported in another's place."""
    if not read.keys() <= recorded.keys() or any(sha256(Path(path)) != recorded[path] for path in recorded):
        return False
    sources = (Path(path).read_bytes() for path in recorded if path.endswith(".py"))
    words = {word.decode() for source in sources for word in re.findall(rb"\w+", source)}
    return not words & (_others(recorded) - {*others})


def _others(paths: Iterable[str]) -> set[str]:
    """The names under which more may be imported: of files and folders next to modules, and where Python searches."""
    places = {os.path.dirname(os.path.abspath(path)) for path in paths if path.endswith(".py")}
    places |= {os.path.abspath(place) for place in sys.path if modules.users(os.path.abspath(place) + os.sep)}
    names = (name.split(".") for place in places if os.path.isdir(place) for name in os.listdir(place))
    return {first for first, *rest in names if rest[-1:] in ([], ["py"], ["so"])}


def _relative(path: str) -> str:
    """A path in the current folder as it is in a copy of this folder, too."""
    return path.removeprefix(os.getcwd() + os.sep)
