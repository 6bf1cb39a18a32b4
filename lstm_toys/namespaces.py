"""Namespaces of public names: modules whose stubs say where their names are, which are imported on first use."""

import ast
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any


def attach(name: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Returns ``__getattr__``, ``__dir__`` and ``__all__`` of a module of this package.

    `lazy_loader.attach_stub` does so for packages alone.
    """
    module = sys.modules[name]
    imports = ast.parse(Path(str(module.__file__)).with_suffix(".pyi").read_text()).body
    places = {each.name: node.module for node in imports if isinstance(node, ast.ImportFrom) for each in node.names}

    def load(attribute: str) -> Any:
        if attribute not in places:
            raise AttributeError(f"{name} has no attribute {attribute!r}", name=attribute, obj=module)
        value = getattr(import_module(f"{__package__}.{places[attribute]}"), attribute)
        setattr(module, attribute, value)
        return value

    return load, lambda: sorted(places), sorted(places)
