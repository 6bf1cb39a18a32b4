"""Lazy namespaces of public names: a stub says which module has each name, and it is imported on first use."""

import ast
import difflib
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any


def attach(name: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Returns ``__getattr__``, ``__dir__`` and ``__all__`` of a module or a package.

    `lazy_loader.attach_stub` does so for packages alone, and does not suggest similar names.
    """
    module = sys.modules[name]
    root = name if hasattr(module, "__path__") else name.rpartition(".")[0]
    imports = ast.parse(Path(str(module.__file__)).with_suffix(".pyi").read_text()).body
    places = {
        alias.name: f"{root}.{node.module or alias.name}"
        for node in imports
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    def load(attribute: str) -> Any:
        if attribute not in places:
            near = difflib.get_close_matches(attribute, places, n=1)
            hints = [f"; did you mean {similar}?" for similar in near]
            message = "".join([f"{name} has no attribute {attribute!r}", *hints])
            raise AttributeError(message, name=attribute, obj=None)  # Else Python would add its own suggestion.
        source = import_module(places[attribute])
        value = source if source.__name__ == f"{root}.{attribute}" else getattr(source, attribute)
        setattr(module, attribute, value)
        return value

    return load, lambda: sorted(places), sorted(places)
