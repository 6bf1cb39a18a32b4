"""Bundles: one file with a run, its report, the modules that it comes from, and how to repeat it."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from lstm_toys.files import Damaged, as_text, checked, replacing, sha256, telling_damage
from lstm_toys.runs import folder
from lstm_toys.runs.folder import CONFIG, FIGURES, METRICS
from lstm_toys.runs.origin import ORIGIN, SOURCES, distributed, distributed_digest
from lstm_toys.sharing import archive, run_files
from lstm_toys.sharing.archive import MANIFEST, RUN
from lstm_toys.sharing.run_files import RunFiles
from lstm_toys.text import printable

FOUND = f"{SOURCES}/results/runs"
"""The folder in which the command of a bundle finds finished runs."""

REPORT, REQUIREMENTS, README = "report.html", "requirements.txt", "README.txt"

MOST_DATA = 10_000_000
"""Most bytes of a data file that is put into a bundle unasked."""

LIBRARY = "lstm_toys"

KEPT = ("METADATA", "entry_points.txt", "licenses/LICENSE")
"""Files about the library that a wheel has, as they are where the library is installed."""

TAGS = "Wheel-Version: 1.0\nGenerator: lstm_toys\nRoot-Is-Purelib: true\nTag: py3-none-any\n"

WITH_CURVES = (".nc", *FIGURES)
"""Suffixes of files of a run that hold curves of data."""


def contents(
    run: RunFiles, report: str, *, most_data: int, networks: bool
) -> tuple[dict[str, Path | bytes], list[str]]:
    """The files of a bundle by name, and lines about what it lacks.

    Files of data have at most ``most_data`` bytes; with 0, nothing that holds curves of data is in the bundle.
    ``networks``: whether the runs that this one needs are in the bundle, where its command finds them.
    """
    files: dict[str, Path | bytes] = {REPORT: report.encode()}
    recorded = _recorded(run, RUN).items()
    files |= {name: path for name, path in recorded if most_data or path.suffix not in WITH_CURVES}
    others = _needed(run) if networks else []
    for needed in others:
        files |= _recorded(needed, FOUND)
    for name, digest in run.origin.get("sources", {}).items():
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
    library = _wheel() if run.origin.get("library", "") == distributed_digest() != "" else {}
    if not library:
        lacks.append(f"lstm_toys {run.metrics['version']}: the library here may have other code than the run")
    pinned = [f"{name}=={version}" for name, version in sorted(modules.items()) if not _is_digest(version)]
    pinned = [f"./{name}" for name in library] + [line for line in pinned if not line.startswith("lstm_toys==")]
    files |= {**library, REQUIREMENTS: _text(pinned)}
    files[README] = _text(readme(run, lacks, curves=most_data > 0, networks=bool(others)))
    return files, lacks


def _wheel() -> dict[str, bytes]:
    """A wheel by its name; none if the library is not installed, not even as a clone. Equal files make equal bytes."""
    with suppress(importlib.metadata.PackageNotFoundError):
        installed = importlib.metadata.distribution(LIBRARY)
        about = f"{LIBRARY}-{installed.version}.dist-info"
        files = {name: path.read_bytes() for name, path in distributed().items()}
        files |= {f"{about}/{name}": text.encode() for name in KEPT if (text := installed.read_text(name))}
        files[f"{about}/WHEEL"] = TAGS.encode()
        record = f"{about}/RECORD,,\n"
        for name, content in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            record += f"{name},sha256={digest},{len(content)}\n"
        files[f"{about}/RECORD"] = record.encode()
        with ZipFile(buffer := BytesIO(), "w", ZIP_DEFLATED) as wheel:
            for name, content in files.items():
                wheel.writestr(archive.entry(name), content, ZIP_DEFLATED)
        return {f"{LIBRARY}-{installed.version}-py3-none-any.whl": buffer.getvalue()}
    return {}


def _recorded(run: RunFiles, below: str) -> dict[str, Path]:
    """The files that a run wrote, and the copies of modules, by their names in a bundle, below a folder of it."""
    names = [*run.metrics["files"], *(figure.name for figure in run.figures), METRICS, CONFIG, ORIGIN, folder.REPORT]
    names += [f"{SOURCES}/{source}" for source in run.origin.get("sources", {})]
    return {f"{below}/{run.name}/{name}": path for name in names if (path := run.folder / name).exists()}


def _needed(run: RunFiles) -> list[RunFiles]:
    """The finished runs that a run needs, also for others of these, from the folder that it is in; each is checked."""
    found, names = dict[str, RunFiles](), [*run.origin.get("needs", ())]
    while names:
        if (name := names.pop()) not in found:
            found[name] = needed = run_files.read(path := run.path.parent / name, path)
            needed.check()
            names += needed.origin.get("needs", ())
    return [*found.values()]


def _is_digest(text: str) -> bool:
    return len(text) == 64 and "." not in text


def _text(lines: Sequence[str]) -> bytes:
    return "\n".join([*map(printable, lines), ""]).encode()


def readme(run: RunFiles, lacks: Sequence[str], *, curves: bool, networks: bool) -> list[str]:
    """The lines of a bundle's README, with the commands that repeat the run.

    ``curves``, ``networks``: whether it has the run's data, and the runs that it needs.
    """
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
    if networks:
        lines += [f"The command finds the networks in {FOUND}/ and trains none, also if you change the question.", ""]
    experiments = [name for name in run.origin.get("sources", {}) if name.startswith("experiments/")]
    if cloned := [name for name in experiments if f"lstm_toys/{name}" not in distributed()]:
        lines += [f"{cloned[-1]} is only in a clone of the library, in which the command runs.", ""]
    elif experiments:
        lines += [f"Experiments are those of the installed library; those in {SOURCES}/ are for a clone of it.", ""]
    if lacks:
        lines += [f"What has to be put into {SOURCES}/ before, or installed:", *(f"- {line}" for line in lacks)]
    return lines


def write(files: Mapping[str, Path | bytes], target: Path) -> None:
    """Writes a bundle; equal files make equal bytes."""
    with replacing(target) as temporary, ZipFile(temporary, "w", ZIP_STORED) as bundle:
        digests = {}
        for name, file in sorted(files.items()):
            content = file if isinstance(file, bytes) else file.read_bytes()
            digests[name] = hashlib.sha256(content).hexdigest()
            bundle.writestr(archive.entry(name), content)
        bundle.writestr(archive.entry(MANIFEST), as_text(digests))
        if problem := next(archive.wrong(bundle.infolist()), None):
            raise Damaged(target, f"cannot be written: {problem}")
