"""Digests of code that runs between compiled programs and files, outside any program's text."""

import ast
import hashlib
import importlib.util
import json
from collections.abc import Iterator
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from lstm_toys import opened

SILENT = ("cli", "figures", "ask", "page")
"""Modules and folders whose code writes no results: commands, figures (also ``*_figures``), settings, which are part of
a run's identity, and reports."""

UNREAD = ("annotation", "returns", "type_comment")
"""Fields of a syntax tree that change no number."""


@cache
def digest(module: str) -> str:
    """Digests the code, but not docstrings or annotations, of a module and its imports outside installed packages."""
    reached = [module]
    for name in reached:
        reached += sorted({each for each in _imported(name) if each not in reached})
    told = json.dumps([_code(name)[0] for name in sorted(reached)])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _imported(module: str) -> Iterator[str]:
    names, folder = _code(module)[1], Path(opened.LIBRARY)
    if "lstm_toys" in names and not module.startswith("lstm_toys"):  # Its attributes are loaded on first use.
        paths = (path.relative_to(folder).with_suffix("") for path in folder.rglob("*.py"))
        names = [*names, *(".".join(("lstm_toys", *path.parts)) for path in paths)]
    yield from (each for each in names if _file(each))


@cache
def _file(module: str) -> Path | None:
    """The source of a module outside of installed packages; None if it has none, or writes no results."""
    silent = any(part in SILENT or part.endswith("_figures") for part in module.split("."))
    spec = None if silent else _spec(module)
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


@cache
def _spec(module: str) -> ModuleSpec | None:
    """Finds a module outside of installed packages without importing the package that it is in."""
    package = module.rpartition(".")[0]
    try:
        if not package:
            spec = importlib.util.find_spec(module)
        else:
            places = above.submodule_search_locations if (above := _spec(package)) else None
            spec = PathFinder.find_spec(module, places) if places else None
    except (ImportError, AttributeError, ValueError):  # Of a name that is not a module's.
        return None
    return None if spec is None or opened.installed(spec.origin or "") else spec


@cache
def _code(module: str) -> tuple[str, list[str]]:
    """The digest of a module's syntax tree, and the names of the modules that it may import."""
    file = _file(module)
    if file is None:
        return "", []
    tree, package = ast.parse(file.read_bytes()), module if file.name == "__init__.py" else module.rpartition(".")[0]
    names = list(dict.fromkeys(_names(tree, package)))
    return hashlib.sha256(ast.dump(_stripped(tree)).encode()).hexdigest()[:16], names


def _names(tree: ast.Module, package: str) -> Iterator[str]:
    """The names of modules in the imports of a module, and of what may be modules in them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            yield from (above, *(f"{above}.{each.name}" for each in node.names))


def _stripped(tree: ast.Module) -> ast.Module:
    """Removes annotations, and docstrings of definitions and constants."""
    for node in ast.walk(tree):
        for name in UNREAD:
            if getattr(node, name, None) is not None:
                setattr(node, name, ast.Constant(None) if isinstance(node, ast.AnnAssign) else None)
        if isinstance(body := getattr(node, "body", None), list):
            kept = [each for each in body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))]
            node.body = kept or [ast.Pass()]  # type: ignore[attr-defined]
    return tree
