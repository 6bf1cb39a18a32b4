"""Publishes files in a folder, next to the user's files; where that was interrupted, the same command completes it."""

import errno
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from lstm_toys.files import Damaged, clean, read_json, replacing, sha256, write_json

MANIFEST = "manifest.json"
"""File that records what was published: the name of the run, and the SHA-256 of each file by its name."""


class NotPublished(Exception):
    """A set of files cannot be published; nothing was changed. The argument explains why in one line."""


def publish(sources: Sequence[Path], target: Path, origin: str, tell: Callable[[str], None]) -> None:
    """Replaces the published files of a folder one by one, and its manifest last; other files remain.

    Args:
        tell: called with one line for each file of the old manifest that remains because it was changed.

    Raises:
        NotPublished: a file to replace was changed or was never published, or a source is not a regular file.
        Damaged: the manifest is damaged.
        OSError: a file cannot be read or written; publishing the same files again completes the set.
    """
    new = {source.name: source for source in sources}
    if len(new) < len(sources) or MANIFEST in new:
        raise NotPublished(f"{target}: file names must be unique and must not be {MANIFEST}")
    try:
        digests = {name: sha256(new[name]) for name in sorted(new)}
    except Damaged as error:
        raise NotPublished(f"{error}; remove it and run the same command again") from None
    old = _files(target / MANIFEST)
    present = {name: _digest(target / name) for name in {*old, *new}}
    if changed := sorted(name for name in new if present[name] not in (None, old.get(name), digests[name])):
        raise NotPublished(
            f"{target}: changed since they were published, or not published; move first: {', '.join(changed)}"
        )
    target.mkdir(parents=True, exist_ok=True)
    clean(target, below=False)  # Not below, where others may be writing.
    for name, digest in digests.items():
        if present[name] != digest:
            with replacing(target / name) as temporary:
                shutil.copyfile(new[name], temporary)
    for name in sorted(old.keys() - new.keys()):  # Before the manifest, which alone says that they are ours.
        if present[name] == old[name]:
            (target / name).unlink()
        elif present[name] is not None:
            tell(f"{target / name} is kept: it is not in the new set, but was changed since it was published")
    write_json(target / MANIFEST, {"origin": origin, "files": digests})


def check(target: Path) -> None:
    """Raises OSError if nothing can be published into a folder, which need not exist."""
    existing = next(each for each in (target, *target.parents) if os.path.lexists(each))
    code = errno.ENOTDIR if not existing.is_dir() else 0 if os.access(existing, os.W_OK | os.X_OK) else errno.EACCES
    if code:
        raise OSError(code, os.strerror(code), str(existing))


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
