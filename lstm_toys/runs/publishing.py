"""Published sets: files that are copied to a folder all together or not at all, next to the user's files.

A set is staged in a hidden folder of its target; then a journal records what will happen to which file. Without a
journal nothing has changed, and the stage is discarded; with one, the next process finishes the work, regardless of how
often it was interrupted.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from lstm_toys.files import Damaged, ensure_regular, flush, leftovers, locked, read_json, sha256, write_json

MANIFEST = "manifest.json"
"""File that records what was published: the name of the run, and the SHA-256 of each file by its name."""

LOCK = ".lstm_toys-publish.lock"
STAGE = ".lstm_toys-stage"
JOURNAL = ".lstm_toys-journal.json"

PATIENCE = 60.0
"""Seconds to wait for another process that publishes."""


class NotPublished(Exception):
    """A set cannot be published; nothing was changed. The argument explains why in one line."""


def publish(
    sources: Sequence[Path], target: Path, origin: str, tell: Callable[[str], None], *, folder: Path | None = None
) -> None:
    """Replaces the published set of a folder, completely or not at all; other files remain.

    Args:
        target: folder of the set; created if missing.
        origin: name of the run or command that made the files.
        tell: called with one line for each file of the old set that remains because it was changed.
        folder: folder of all published sets: the target itself, its parent, or its parent's parent; None: its parent.

    Raises:
        NotPublished: the set would replace a file that was changed since it was published, a source is a link or
            something else that is not a file, or another process is publishing.
        Damaged: the manifest of the old set, or the journal of an interruption, is damaged.
        OSError: a file cannot be read or written. The set is the old one, or will be the new one after `repair`.
    """
    new = {source.name: source for source in sources}
    if len(new) < len(sources) or MANIFEST in new:
        raise NotPublished(f"{target}: file names must be unique and must not be {MANIFEST}")
    try:
        for source in sources:
            ensure_regular(source)
    except Damaged as error:
        raise NotPublished(f"{error}; remove it and run the same command again") from None
    with _locked(folder or target.parent):
        target.mkdir(parents=True, exist_ok=True)
        _settle(target, tell)
        manifest = target / MANIFEST
        published = _names(read_json(manifest), "files", manifest) if manifest.exists() else {}
        present = {name: _digest(target / name) for name in {*new, *published}}
        if changed := sorted(name for name in new if present[name] not in (None, published.get(name))):
            raise NotPublished(
                f"{target}: changed since they were published, or not published; move first: {', '.join(changed)}"
            )
        try:
            (target / STAGE).mkdir()
            for name, source in new.items():
                shutil.copyfile(source, target / STAGE / name)
                flush(target / STAGE / name)
            digests = {name: sha256(target / STAGE / name) for name in sorted(new)}
            write_json(target / STAGE / MANIFEST, {"origin": origin, "files": digests})
            old = {name: digest for name, digest in published.items() if name not in new}
            write_json(target / JOURNAL, {"replace": {name: present[name] for name in sorted(new)}, "remove": old})
        finally:
            _settle(target, tell)


def check(target: Path) -> None:
    """Raises OSError if no set can be published into a folder, which need not exist."""
    existing = next(each for each in (target, *target.parents) if os.path.lexists(each))
    code = errno.ENOTDIR if not existing.is_dir() else 0 if os.access(existing, os.W_OK | os.X_OK) else errno.EACCES
    if code:
        raise OSError(code, os.strerror(code), str(existing))


def repair(folder: Path, tell: Callable[[str], None]) -> None:
    """Completes or undoes interrupted publishing of any set in a folder of published sets; see `publish`.

    Raises:
        NotPublished: another process keeps publishing.
        Damaged: the journal of an interruption is damaged.
        OSError: a file cannot be read, replaced or removed.
    """
    if _interrupted(folder):
        with _locked(folder):
            for target in _interrupted(folder):
                _settle(target, tell)


def _interrupted(folder: Path) -> list[Path]:
    below = ("", "*/", "*/*/")
    paths = (path for name in (STAGE, JOURNAL) for depth in below for path in folder.glob(f"{depth}{name}"))
    return sorted({path.parent for path in paths if path.exists()})


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keeps other processes from publishing into any folder of this one; ends with the process."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(folder / LOCK, PATIENCE))
        except BlockingIOError:
            raise NotPublished(f"another process has been publishing into {folder} for {PATIENCE:g} s") from None
        yield


def _settle(target: Path, tell: Callable[[str], None]) -> None:
    """Completes the set that a journal describes, or discards a stage without a journal."""
    stage, journal = target / STAGE, target / JOURNAL
    if journal.exists():
        plan = read_json(journal)
        for name, before in _names(plan, "replace", journal).items():
            if (stage / name).exists():
                if _digest(target / name) in (None, before):
                    os.replace(stage / name, target / name)
                else:
                    tell(f"{target / name} is kept: it was changed during publishing")
        for name, before in _names(plan, "remove", journal).items():
            if (now := _digest(target / name)) == before:
                (target / name).unlink(missing_ok=True)
            elif now is not None:
                tell(f"{target / name} is kept: it is not in the new set, but was changed since it was published")
        if (stage / MANIFEST).exists():
            os.replace(stage / MANIFEST, target / MANIFEST)
        flush(target)
        journal.unlink()
    for path in leftovers(target):
        if path.parent == target:  # Other processes may be writing in the folders below.
            path.unlink()
    if stage.exists():
        shutil.rmtree(stage)


def _names(value: dict[str, Any], key: str, path: Path) -> dict[str, str | None]:
    """Digests by name, where every name is a file in the folder itself."""
    names = value.get(key)
    if not isinstance(names, dict) or not all(
        Path(name).name == name and (digest is None or (isinstance(digest, str) and len(digest) == 64))
        for name, digest in names.items()
    ):
        raise Damaged(path, f"is damaged: {key} must map file names to digests")
    return names


def _digest(path: Path) -> str | None:
    """SHA-256 of a file; None if it does not exist, and empty if it is a link, a folder or the like."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return ""
    return sha256(path) if path.exists() else None
