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
    """The table row of a public name or a module: a link to its source, and its summary."""
    documented = pydoc.locate(name) if "." in name else getattr(lt, name)
    module = importlib.import_module(getattr(documented, "__module__", name))
    source = os.path.relpath(str(module.__file__), folder)
    summary = (inspect.getdoc(documented) or "").partition("\n\n")[0]
    return f"| [`{name}`]({source}) | {' '.join(summary.split())} |".replace("``", "`")


def with_names(path: Path) -> str:
    """The text of a page, with its table of names up to date."""
    text = path.read_text()
    names = NAMED.findall(text)
    return with_table(text, [*HEADER, *(row(name, path.parent) for name in names)]) if names else text


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(with_names(page))
