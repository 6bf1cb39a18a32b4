"""Publishes files in a folder, next to the user's files; where that was interrupted, the same command completes it."""

import hashlib
import io
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from lstm_toys.command_error import CommandError
from lstm_toys.files import Damaged, clean, is_plain, read_json, replacing, write_json

MANIFEST = "manifest.json"
"""File that records what was published: the name of the run, and the SHA-256 of each file by its name."""

EXACT = 128
"""How many of the 256 colors of a reduced PNG image are exact."""


class NotPublished(Exception, CommandError):
    """A set of files cannot be published; nothing was changed. The argument explains why in one line."""


def publish(sources: Sequence[Path], target: Path, origin: str) -> None:
    """Replaces the published files of a folder one by one; other files remain.

    Args:
        sources: files with different names, none of which is that of the manifest.
        target: the folder.
        origin: the name of the run.

    Raises:
        NotPublished: a file that would be replaced is not on the manifest, or the manifest is damaged.
        OSError: a file cannot be read or written; publishing the same files again completes the set.
    """
    old, contents = listed(target), {source.name: content(source) for source in sources}
    if others := sorted(name for name in contents.keys() - old.keys() if os.path.lexists(target / name)):
        raise NotPublished(f"{target}: these files were not published; move them first: {', '.join(others)}")
    digests = {name: hashlib.sha256(contents[name]).hexdigest() for name in sorted(contents)}
    target.mkdir(parents=True, exist_ok=True)
    clean(target, below=False)  # Not below, where others may be writing.
    # If this is interrupted, all of these files are on the manifest, so that the same command replaces them.
    write_json(target / MANIFEST, {"origin": origin, "files": old | digests})
    for name in digests:
        with replacing(target / name) as temporary:
            temporary.write_bytes(contents[name])
    for name in old.keys() - digests.keys():
        (target / name).unlink(missing_ok=True)
    write_json(target / MANIFEST, {"origin": origin, "files": digests})


def listed(target: Path) -> dict[str, str]:
    """Returns the files that were published in a folder, with their SHA-256; raises NotPublished, see `publish`."""
    manifest = target / MANIFEST
    with suppress(Damaged):
        files = read_json(manifest)["files"] if manifest.exists() else {}
        if isinstance(files, dict) and all(map(is_plain, files)):  # Files elsewhere are not ours to remove.
            return files
    raise NotPublished(f"{manifest}: is damaged; restore it, or move it elsewhere with the files that it lists")


def content(path: Path) -> bytes:
    """Returns the content of a file as it is published, and shown in reports: PNG images have 256 colors.

    They look the same at less than half of the size. Colors of many pixels, as of lines, bands and heat maps, stay
    exact.
    """
    if path.suffix != ".png":
        return path.read_bytes()
    from PIL import Image

    with Image.open(path) as file:
        image, dpi = file.convert("RGB"), file.info.get("dpi")
    counts: Any = image.getcolors(image.width * image.height)
    colors = np.array([color for _, color in sorted(counts, reverse=True)], np.uint8)
    common, rare = np.split(colors, [EXACT])
    code, places = np.array([1, 256, 256**2], np.uint32), np.zeros(256**3, np.uint8)
    palette = common.ravel().tolist()
    places[common @ code] = np.arange(len(common))
    if len(rare):
        # These are spread evenly over the rare colors; blends would become those of another hue.
        spread = Image.fromarray(rare[None]).quantize(256 - EXACT, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        places[rare @ code] = EXACT + np.asarray(spread)[0]
        palette += spread.getpalette() or []
    reduced, buffer = Image.fromarray(places[np.asarray(image) @ code], "P"), io.BytesIO()
    reduced.putpalette(palette)
    reduced.save(buffer, format="png", dpi=dpi)
    return buffer.getvalue()
