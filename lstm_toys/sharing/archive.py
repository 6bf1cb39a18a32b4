"""Files of bundles, which may come from anybody: everything is checked before anything is written."""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from lstm_toys.files import Damaged, checked, is_plain, opened, read_json, telling_damage
from lstm_toys.runs.folder import CONFIG

RUN = "run"
"""The folder of a bundle that holds the folder of the run."""

MOST_FILES, MOST_BYTES = 10_000, 2**34
"""Most files of a bundle that is read, and most bytes of all."""

MANIFEST = "bundle.json"
"""The file of a bundle with the SHA-256 of each other file, by name."""


def entry(name: str) -> ZipInfo:
    """The description of a file that is written, with the earliest time, so that equal files make equal bytes."""
    info = ZipInfo(name)
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    return info


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Unpacks the run of a bundle into a temporary folder, which it yields; raises Damaged for what is not a bundle.

    Nothing is executed. Before anything is written, the names, kinds, number and sizes of files are checked: no name
    may lead elsewhere, or be there twice. Then the files of the run are compared with their digests.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            with ZipFile(path) as archive:
                infos = archive.infolist()
                if problem := next(wrong(infos), None):
                    raise Damaged(path, f"is not a bundle: {problem}")
                if sum(info.file_size for info in infos) > path.stat().st_size:
                    raise Damaged(path, "is not a bundle: its files overlap")
                names = [info.filename for info in infos]
                for name in names:
                    if name == MANIFEST or name.startswith(f"{RUN}/"):
                        target = Path(folder, name)
                        target.parent.mkdir(parents=True, exist_ok=True)
                        target.write_bytes(archive.read(name))
        except (BadZipFile, NotImplementedError, EOFError, ValueError) as error:
            raise Damaged(path, f"is not a bundle: {error}") from None
        try:
            digests = read_json(Path(folder, MANIFEST))
            if {*names} != {MANIFEST, *digests}:
                raise Damaged(path, f"is not a bundle: its files are not those of its {MANIFEST}")
            for name in names:
                if name.startswith(f"{RUN}/"):
                    checked(Path(folder, name), digests[name])
            yield next(Path(folder, RUN).iterdir())
        except OSError as error:
            if not (file := Path(str(error.filename))).is_relative_to(folder):
                raise
            raise Damaged(path, f"{file.relative_to(folder)}: {error.strerror}") from None


def is_bundle_of(path: Path, run: str) -> bool:
    """Whether a file is a bundle of a run, by the names in it; raises Damaged if it is not an archive."""
    with opened(path) as file, telling_damage(path), ZipFile(file) as archive:
        return any(name.startswith(f"{RUN}/{run}/") for name in archive.namelist())


def wrong(infos: Sequence[ZipInfo]) -> Iterator[str]:
    """Yields what is wrong with the files of a bundle."""
    names = [info.filename for info in infos]
    if len(names) > MOST_FILES or sum(info.file_size for info in infos) > MOST_BYTES:
        yield f"it has more than {MOST_FILES:,} files, or more than {MOST_BYTES:,} bytes"
    if len({name.casefold() for name in names}) < len(names):
        yield "two of its files have the same name"
    for name, info in zip(names, infos, strict=True):
        if not all(map(is_plain, name.split("/"))) or "\\" in name or ":" in name:
            yield f"a name leads elsewhere, {name!r}"
        elif (kind := stat.S_IFMT(info.external_attr >> 16)) not in (0, stat.S_IFREG) or info.is_dir():
            yield f"{name} is not a file, but of kind {kind:o}"
        elif info.compress_type != ZIP_STORED or info.file_size != info.compress_size or info.flag_bits & 1:
            yield f"{name} is compressed or encrypted"
    below = [name.split("/") for name in names if name.startswith(f"{RUN}/")]
    if len({parts[1] for parts in below}) != 1 or min(map(len, below)) < 3:
        yield "it has not exactly one run"
    elif f"{RUN}/{below[0][1]}/{CONFIG}" not in names:
        yield f"its run has no {CONFIG}"
