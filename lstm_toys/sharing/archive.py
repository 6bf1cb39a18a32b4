"""Reads bundles, which may come from anybody: everything is checked before anything is written."""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from lstm_toys.files import Damaged, is_plain, opened, telling_damage
from lstm_toys.runs.folder import CONFIG

RUN = "run"
"""The folder of a bundle with the folder of the run."""

MOST_FILES, MOST_BYTES = 10_000, 2**34
"""Most files of a bundle that is read, and most bytes of all."""


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Unpacks the run of a bundle into a temporary folder, which it yields; raises Damaged for what is not a bundle.

    Everything is checked before anything is written, and nothing is executed: names, of which none may lead elsewhere,
    or twice to the same place; kinds, of which only files are taken; numbers and sizes.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            with ZipFile(path) as archive:
                every = archive.infolist()
                if problem := next(wrong(every), None):
                    raise Damaged(path, f"is not a bundle: {problem}")
                if sum(each.file_size for each in every) > path.stat().st_size:
                    raise Damaged(path, "is not a bundle: its files overlap")
                runs = [each for each in every if each.filename.startswith(f"{RUN}/")]
                for each in runs:
                    target = Path(folder, *PurePosixPath(each.filename).parts)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(archive.read(each))
        except (BadZipFile, NotImplementedError, EOFError, ValueError) as error:
            raise Damaged(path, f"is not a bundle: {error}") from None
        try:
            yield next(Path(folder, RUN).iterdir())
        except OSError as error:
            if not (name := Path(str(error.filename))).is_relative_to(folder):
                raise
            raise Damaged(path, f"{name.relative_to(folder)}: {error.strerror}") from None


def is_bundle_of(path: Path, name: str) -> bool:
    """Whether a file is a bundle of a run, by the names in it; raises Damaged if it is not an archive."""
    with opened(path) as file, telling_damage(path), ZipFile(file) as archive:
        return any(each.startswith(f"{RUN}/{name}/") for each in archive.namelist())


def wrong(every: Sequence[ZipInfo]) -> Iterator[str]:
    """Yields what is wrong with the files of a bundle."""
    names = [each.filename for each in every]
    if len(names) > MOST_FILES or sum(each.file_size for each in every) > MOST_BYTES:
        yield f"it has more than {MOST_FILES:,} files, or more than {MOST_BYTES:,} bytes"
    if len({name.casefold() for name in names}) < len(names):
        yield "two of its files have the same name"
    for each in every:
        if not all(map(is_plain, each.filename.split("/"))) or "\\" in each.filename or ":" in each.filename:
            yield f"a name leads elsewhere, {each.filename!r}"
        elif (kind := stat.S_IFMT(each.external_attr >> 16)) not in (0, stat.S_IFREG) or each.is_dir():
            yield f"{each.filename} is not a file, but of kind {kind:o}"
        elif each.compress_type != ZIP_STORED or each.file_size != each.compress_size or each.flag_bits & 1:
            yield f"{each.filename} is compressed or encrypted"
    below = [name.split("/") for name in names if name.startswith(f"{RUN}/")]
    if len({parts[1] for parts in below}) != 1 or min(map(len, below)) < 3:
        yield "it has not exactly one run"
    elif f"{RUN}/{below[0][1]}/{CONFIG}" not in names:
        yield f"its run has no {CONFIG}"
