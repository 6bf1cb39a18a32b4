"""Bundles: one file with a run, its report, the modules that it comes from, and how to repeat it."""

from __future__ import annotations

import hashlib
import shlex
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from lstm_toys.files import Damaged, as_text, checked, replacing, sha256, telling_damage
from lstm_toys.runs import folder
from lstm_toys.runs.folder import CONFIG, FIGURES, METRICS
from lstm_toys.runs.origin import ORIGIN, SOURCES
from lstm_toys.sharing import archive
from lstm_toys.sharing.archive import MANIFEST, RUN
from lstm_toys.sharing.run_files import RunFiles
from lstm_toys.text import printable

REPORT, REQUIREMENTS, README = "report.html", "requirements.txt", "README.txt"

MOST_DATA = 10_000_000
"""Most bytes of a data file that is put into a bundle unasked."""

TIME = (1980, 1, 1, 0, 0, 0)
"""The time of all files in a bundle, so that equal runs make equal bundles."""

WITH_CURVES = (".nc", *FIGURES)
"""Suffixes of files of a run that hold curves of data."""


def contents(run: RunFiles, report: str, *, most_data: int) -> tuple[dict[str, Path | bytes], list[str]]:
    """The files of a bundle by name, and lines about what it lacks.

    Files of data have at most ``most_data`` bytes; with 0, nothing that holds curves of data is in the bundle.
    """
    files: dict[str, Path | bytes] = {REPORT: report.encode()}
    sources = run.origin.get("sources", {})
    recorded = [*run.metrics["files"], *(figure.name for figure in run.figures), METRICS, CONFIG, ORIGIN, folder.REPORT]
    for name in (*recorded, *(f"{SOURCES}/{source}" for source in sources)):
        if (path := run.folder / name).exists() and (most_data or path.suffix not in WITH_CURVES):
            files[f"{RUN}/{run.name}/{name}"] = path
    for name, digest in sources.items():
        files[f"{SOURCES}/{name}"] = checked(run.folder / SOURCES / name, digest)
    modules = run.origin.get("modules", {})
    lacks = [f"{name} (SHA-256 {version})" for name, version in modules.items() if _is_digest(version)]
    for name, data in run.origin.get("data", {}).items():
        path = Path(name)
        if not (path.is_file() and sha256(path) == data["sha256"]):
            lacks.append(f"{name} (SHA-256 {data['sha256']}): not in this folder as it was")
        elif data["bytes"] > most_data:
            why = f"{data['bytes']:,} bytes; --data adds it" if most_data else "left out"
            lacks.append(f"{name} (SHA-256 {data['sha256']}): {why}")
        else:
            files[f"{SOURCES}/{name}"] = path
    versions = {"lstm_toys": run.metrics["version"], **modules}
    pinned = [f"{name}=={version}" for name, version in sorted(versions.items()) if not _is_digest(version)]
    files[REQUIREMENTS] = _text(pinned)
    files[README] = _text(readme(run, lacks, curves=most_data > 0))
    return files, lacks


def _is_digest(text: str) -> bool:
    return len(text) == 64 and "." not in text


def _text(lines: Sequence[str]) -> bytes:
    return "\n".join([*map(printable, lines), ""]).encode()


def readme(run: RunFiles, lacks: Sequence[str], *, curves: bool) -> list[str]:
    """The lines of a bundle's README, with the commands that repeat the run; ``curves``: whether it has its data."""
    with telling_damage(run.folder / ORIGIN):
        command = shlex.join(shlex.split(run.origin.get("command", "lstm-toys")))
    lines = [
        f"{run.name}, {run.computed}.",
        "",
        f"{REPORT} is what was found; {RUN}/ has its numbers, {SOURCES}/ the modules that it comes from.",
        f"To repeat it, with Python {run.origin.get('python', '3')}:",
        "",
        f"    pip install -r {REQUIREMENTS}",
        f"    mkdir -p {SOURCES} && (cd {SOURCES} && {command})",
        f"    lstm-toys compare {RUN}/{run.name} {SOURCES}/results/runs/{run.name}",
        "",
    ]
    if not curves:
        lines += ["Results and figures are left out, since they hold curves of data.", ""]
    if any(name.startswith("experiments/") for name in run.origin.get("sources", {})):
        lines += [f"Experiments are those of the installed library; those in {SOURCES}/ are for a clone of it.", ""]
    if lacks:
        lines += [f"What has to be put into {SOURCES}/ before, or installed:", *(f"- {line}" for line in lacks)]
    return lines


def write(files: Mapping[str, Path | bytes], target: Path) -> None:
    """Writes a bundle; equal files make equal bytes."""
    infos = [_info(MANIFEST)]
    for name, file in files.items():
        infos.append(info := _info(name))
        info.file_size = info.compress_size = len(file) if isinstance(file, bytes) else file.stat().st_size
    if problem := next(archive.wrong(infos), None):
        raise Damaged(target, f"cannot be written: {problem}")
    with replacing(target) as temporary, ZipFile(temporary, "w", ZIP_STORED) as bundle:
        digests = {}
        for name, file in sorted(files.items()):
            content = file if isinstance(file, bytes) else file.read_bytes()
            digests[name] = hashlib.sha256(content).hexdigest()
            bundle.writestr(_info(name), content)
        bundle.writestr(_info(MANIFEST), as_text(digests))


def _info(name: str) -> ZipInfo:
    info = ZipInfo(name, TIME)
    info.create_system, info.external_attr = 3, (stat.S_IFREG | 0o644) << 16
    return info
