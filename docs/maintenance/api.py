"""Lists what each page of the API reference describes, with a link to its source, so that a clone can be read without
the site.

The names are those that the page's directives of Sphinx name; next to each stands the first line of its docstring.
"""

from __future__ import annotations

import importlib
import inspect
import os
import pydoc
import re
from pathlib import Path

import lstm_toys as lt

from .numbers import ROOT, with_table

PAGES = sorted((ROOT / "docs" / "api").glob("*.md"))
NAMED = re.compile(r"^\.\. auto(?:function|class|exception|module):: (\S+)$", re.MULTILINE)
HEADER = ["| name | what it is |", "|---|---|"]


def row(name: str, folder: Path) -> str:
    """The row of a public name or a module."""
    described = pydoc.locate(name) if "." in name else getattr(lt, name)
    module = importlib.import_module(getattr(described, "__module__", name))
    source = os.path.relpath(str(module.__file__), folder)
    first = (inspect.getdoc(described) or "").partition("\n\n")[0]
    return f"| [`{name}`]({source}) | {' '.join(first.split())} |".replace("``", "`")


def listed(path: Path) -> str:
    """The text of a page with its present table."""
    text = path.read_text()
    names = NAMED.findall(text)
    return with_table(text, [*HEADER, *(row(name, path.parent) for name in names)]) if names else text


if __name__ == "__main__":
    for each in PAGES:
        each.write_text(listed(each))
