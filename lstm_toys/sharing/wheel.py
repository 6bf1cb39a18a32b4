"""A wheel of the library that runs, made of its files, without building anything."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
from contextlib import suppress
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from lstm_toys.runs import origin
from lstm_toys.sharing.archive import entry

NAME = "lstm_toys"

KEPT = ("METADATA", "entry_points.txt", "licenses/LICENSE")
"""Files about the library that a wheel has, as they are where the library is installed."""

TAGS = "Wheel-Version: 1.0\nGenerator: lstm_toys\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def built() -> dict[str, bytes]:
    """A wheel by its name; none if the library is not installed, not even as a clone. Equal files make equal bytes."""
    with suppress(importlib.metadata.PackageNotFoundError):
        installed = importlib.metadata.distribution(NAME)
        about = f"{NAME}-{installed.version}.dist-info"
        files = {name: path.read_bytes() for name, path in origin.distributed().items()}
        files |= {f"{about}/{name}": text.encode() for name in KEPT if (text := installed.read_text(name))}
        files[f"{about}/WHEEL"] = TAGS.encode()
        rows = [f"{name},sha256={_digest(content)},{len(content)}\n" for name, content in files.items()]
        files[f"{about}/RECORD"] = "".join([*rows, f"{about}/RECORD,,\n"]).encode()
        with ZipFile(buffer := BytesIO(), "w", ZIP_DEFLATED) as wheel:
            for name, content in files.items():
                wheel.writestr(entry(name), content, ZIP_DEFLATED)
        return {f"{NAME}-{installed.version}-py3-none-any.whl": buffer.getvalue()}
    return {}


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
