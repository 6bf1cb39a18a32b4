"""Derives metrics, texts, figures and reports from the results of a finished run, again only if something differs.

They are made again if they are not what was written, or if what they are made of differs: results, the library,
packages, the user's modules, or files that these opened.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import jax

from lstm_toys import figures, files, modules, tables
from lstm_toys.files import parsed, sha256, write_json, write_text
from lstm_toys.runs import keeping
from lstm_toys.runs.context import stopwatch
from lstm_toys.runs.folder import METRICS, REPORT, Run
from lstm_toys.runs.study import Study, rounded

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
            captions = {name: caption for name, each in drawings.items() if (caption := figures.style.caption(each))}
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
        keeping.kept(
            run.folder / ".derived" / f"{name}.json",
            keeping.key([*inputs, sources, templates], "figures"),
            lambda: there(make(writable)),
            usable=lambda value: there(value["files"]) == value,
            opened=opened,
            writable=writable,
        )
