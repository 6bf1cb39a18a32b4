"""Namespaces of public names: modules whose stubs say where their names are, which are imported on first use."""

import ast
import difflib
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any


def attach(name: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Returns ``__getattr__``, ``__dir__`` and ``__all__`` of a module or a package.

    `lazy_loader.attach_stub` does so for packages alone, and suggests no other name.
    """
    module = sys.modules[name]
    root = name if hasattr(module, "__path__") else name.rpartition(".")[0]
    imports = ast.parse(Path(str(module.__file__)).with_suffix(".pyi").read_text()).body
    places = {
        each.name: f"{root}.{node.module or each.name}"
        for node in imports
        if isinstance(node, ast.ImportFrom)
        for each in node.names
    }

    def load(attribute: str) -> Any:
        if attribute not in places:
            near = difflib.get_close_matches(attribute, places, n=1)
            told = f"{name} has no attribute {attribute!r}" + "".join(f"; did you mean {each}?" for each in near)
            raise AttributeError(told, name=attribute, obj=None)  # To which Python would add a suggestion of its own.
        found = import_module(places[attribute])
        value = found if found.__name__ == f"{root}.{attribute}" else getattr(found, attribute)
        setattr(module, attribute, value)
        return value

    return load, lambda: sorted(places), sorted(places)
