"""Published sets: files that are copied to a folder all together or not at all, next to the user's files.

A set is staged in a hidden folder of its target, with its manifest last. A stage without a manifest is discarded. One
with a manifest is complete: the next process moves its files to their places, however often it was interrupted.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lstm_toys.files import Damaged, clean, ensure_regular, flush, locked, read_json, sha256, write_json

MANIFEST = "manifest.json"
"""File that records what was published: the name of the run, and the SHA-256 of each file by its name."""

LOCK, STAGE = ".lstm_toys-publish.lock", ".lstm_toys-stage"

PATIENCE = 60.0
"""Seconds to wait for another process that publishes."""


class NotPublished(Exception):
    """A set cannot be published; nothing was changed. The argument explains why in one line."""


def publish(
    sources: Sequence[Path], target: Path, origin: str, tell: Callable[[str], None], *, folder: Path | None = None
) -> None:
    """Replaces the published set of the target folder, completely or not at all; other files remain.

    Args:
        tell: called with one line for each file of the old set that remains because it was changed.
        folder: folder of all published sets: the target itself, its parent, or its parent's parent; None: its parent.

    Raises:
        NotPublished: a file to replace was changed, a source is not a regular file, or another process publishes.
        Damaged: a manifest is damaged.
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
        published = _files(target / MANIFEST)
        if changed := sorted(name for name in new if _digest(target / name) not in (None, published.get(name))):
            raise NotPublished(
                f"{target}: changed since they were published, or not published; move first: {', '.join(changed)}"
            )
        stage = target / STAGE
        try:
            stage.mkdir()
            for name, source in new.items():
                shutil.copyfile(source, stage / name)
                flush(stage / name)
            digests = {name: sha256(stage / name) for name in sorted(new)}
            write_json(stage / MANIFEST, {"origin": origin, "files": digests})
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

    Raises NotPublished while another process publishes, Damaged if a manifest is damaged, and OSError.
    """
    if _interrupted(folder):
        with _locked(folder):
            for target in _interrupted(folder):
                _settle(target, tell)


def _interrupted(folder: Path) -> list[Path]:
    return sorted(path.parent for below in ("", "*/", "*/*/") for path in folder.glob(f"{below}{STAGE}"))


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
    """Moves a complete stage to its place, or discards an incomplete one."""
    stage = target / STAGE
    if (stage / MANIFEST).exists():
        old, new = _files(target / MANIFEST), _files(stage / MANIFEST)
        for name in new:
            if (stage / name).exists():  # Else it was moved before an interruption.
                if _digest(target / name) in (None, old.get(name)):
                    os.replace(stage / name, target / name)
                else:
                    tell(f"{target / name} is kept: it was changed during publishing")
        for name in sorted(old.keys() - new.keys()):
            if (now := _digest(target / name)) == old[name]:
                (target / name).unlink()
            elif now is not None:
                tell(f"{target / name} is kept: it is not in the new set, but was changed since it was published")
        flush(target)
        os.replace(stage / MANIFEST, target / MANIFEST)
        flush(target)
    clean(target, below=False)  # Other processes may be writing in the folders below.
    if stage.exists():
        shutil.rmtree(stage)


def _files(manifest: Path) -> dict[str, str]:
    """The SHA-256 of each file of a set by its name, in the folder itself; empty without a manifest."""
    files = read_json(manifest).get("files") if manifest.exists() else {}
    if not isinstance(files, dict) or not all(
        Path(name).name == name and isinstance(digest, str) and len(digest) == 64 for name, digest in files.items()
    ):
        raise Damaged(manifest, "is damaged: files must map file names to digests")
    return files


def _digest(path: Path) -> str | None:
    """SHA-256 of a file; None if it does not exist, and empty if it is a link, a folder or the like."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return ""
    return sha256(path) if path.exists() else None
