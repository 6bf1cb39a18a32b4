"""Publishes files in a folder, next to the user's files; where that was interrupted, the same command completes it."""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from lstm_toys.files import Damaged, clean, is_plain, read_json, replacing, sha256, write_json

MANIFEST = "manifest.json"
"""File that records what was published: the name of the run, and the SHA-256 of each file by its name."""


class NotPublished(Exception):
    """A set of files cannot be published; nothing was changed. The argument explains why in one line."""


def publish(sources: Sequence[Path], target: Path, origin: str, tell: Callable[[str], None]) -> None:
    """Replaces the published files of a folder one by one, and its manifest last; other files remain.

    Args:
        sources: files with different names, none of which is that of the manifest.
        tell: called with one line for each file of the old manifest that remains because it was changed.

    Raises:
        NotPublished: a file to replace was changed or was never published, or the manifest is damaged.
        OSError: a file cannot be read or written; publishing the same files again completes the set.
    """
    new = {source.name: source for source in sources}
    digests = {name: sha256(new[name]) for name in sorted(new)}
    manifest, old = target / MANIFEST, listed(target)
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
    write_json(manifest, {"origin": origin, "files": digests})


def listed(target: Path) -> dict[str, str]:
    """Returns the files that were published in a folder, with their SHA-256; raises NotPublished, see `publish`."""
    manifest = target / MANIFEST
    try:
        every = read_json(manifest)["files"] if os.path.lexists(manifest) else {}
        if not isinstance(every, dict) or not all(map(is_plain, every)):  # Files elsewhere are not ours to remove.
            raise Damaged(manifest, "is damaged: it does not list files of this folder")
    except Damaged as error:
        raise NotPublished(f"{error}; restore it, or move it elsewhere with the files that it lists") from None
    return every


def _digest(path: Path) -> str | None:
    """SHA-256 of a file; None if it does not exist, and empty if it is a link, a folder or the like."""
    if not os.path.lexists(path):
        return None
    return sha256(path) if path.is_file() and not path.is_symlink() else ""
