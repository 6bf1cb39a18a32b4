"""Lists what each page of the API reference describes, with a link to its source, so that a clone can be read without
the site.

The names are those that the page's directives of Sphinx name; next to each stands the first line of its docstring.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import os
import pydoc
import re
from pathlib import Path
from typing import Any

import flax.linen as nn

import lstm_toys as lt

from .numbers import ROOT, with_table

PAGES = sorted((ROOT / "docs" / "api").glob("*.md"))
NAMED = re.compile(r"^\.\. auto(?:function|class|exception|module):: (\S+)$", re.MULTILINE)
HEADER = ["| name | what it is |", "|---|---|"]


def signature(documented: Any) -> str:
    """The parameters of a function, or of a class that users make, without annotations; empty for others."""
    is_class = inspect.isclass(documented)
    if (is_class and issubclass(documented, Exception | enum.Enum | tuple)) or not callable(documented):
        return ""
    parameters = inspect.signature(documented).parameters
    of_flax = {"parent", "name"} & {*parameters} if is_class and issubclass(documented, nn.Module) else set()
    shown = [
        parameter.replace(
            annotation=parameter.empty,
            default=... if repr(parameter.default).startswith("<") else parameter.default,
        )
        if parameter.default is not parameter.empty
        else parameter.replace(annotation=parameter.empty)
        for name, parameter in parameters.items()
        if name not in of_flax
    ]
    return str(inspect.Signature(shown)).replace("Ellipsis", "...")


def row(name: str, folder: Path) -> str:
    """The table row of a public name or a module: a link to its source, its parameters, and its summary."""
    documented = pydoc.locate(name) if "." in name else getattr(lt, name)
    module = importlib.import_module(getattr(documented, "__module__", name))
    source = os.path.relpath(str(module.__file__), folder)
    summary = (inspect.getdoc(documented) or "").partition("\n\n")[0]
    return f"| [`{name}{signature(documented)}`]({source}) | {' '.join(summary.split())} |".replace("``", "`")


def with_names(path: Path) -> str:
    """The text of a page, with its table of names up to date."""
    text = path.read_text()
    names = NAMED.findall(text)
    return with_table(text, [*HEADER, *(row(name, path.parent) for name in names)]) if names else text


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(with_names(page))
