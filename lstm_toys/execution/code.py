"""Digests of the library's own code, for the names of runs and for the workers of a cluster."""

import ast
import hashlib
import json
import sys
import tomllib
import uuid
from contextlib import suppress
from functools import cache
from pathlib import Path

from lstm_toys import files, modules

BELOW = ("tasks", "statistics", "networks", "populations", "execution", "results", "runs", "studies/training")
"""Folders whose code every training runs, in addition to the modules directly in the library's folder."""

UNREAD = ("annotation", "returns", "type_comment")
"""Fields of a syntax tree that have no effect on results."""

RULES = hashlib.sha256(sys.version.encode() + Path(__file__).read_bytes())
"""What the digest of a syntax tree depends on, in addition to the bytes of the file."""

TREES = "trees.json"
MOST_TREES = 5_000
"""The file in the user's cache folder that keeps digests of syntax trees, and how many it keeps at most."""


@cache
def library(*folders: str) -> str:
    """Digests the code that a training runs, and all code in other folders of the library.

    These are syntax trees without docstrings, comments and annotations. If a file was edited after this process began,
    it is unknown which code runs, and the digest is random.
    """
    root = Path(modules.LIBRARY)
    paths = [*root.glob("*.py"), *(path for folder in (*BELOW, *folders) for path in (root / folder).rglob("*.py"))]
    if any(map(modules.changed, paths)):
        return uuid.uuid4().hex[:16]
    kept = _kept()
    before = len(kept)
    digests = {path.relative_to(root).as_posix(): digest(path) for path in paths}
    if len(kept) > before:
        with suppress(OSError, RuntimeError):  # The folder cannot be written, or the user has no home.
            files.cache_folder().mkdir(parents=True, exist_ok=True)
            files.write_sealed(files.cache_folder() / TREES, dict([*kept.items()][-MOST_TREES:]))
    return hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()[:16]


@cache
def _kept() -> dict[str, str]:
    """The digests of syntax trees in the user's cache folder, by those of their files' bytes; empty without any."""
    with suppress(OSError, RuntimeError):
        return files.read_sealed(files.cache_folder() / TREES)
    return {}


@cache
def distributed() -> dict[str, Path]:
    """The files of the library, and of the experiments that are installed with it, by their names in a wheel."""
    root = Path(modules.LIBRARY)
    paths = {path.relative_to(root.parent).as_posix(): path for path in root.rglob("*")}
    if (project := root.with_name("pyproject.toml")).is_file():  # In a clone, they lie elsewhere.
        for package in tomllib.loads(project.read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]:
            place = package.replace(".", "/")
            folder = root.parent / place.partition("/")[2]
            if folder != root.parent and not (root.parent / place).is_dir():
                paths |= {f"{place}/{path.name}": path for path in folder.glob("*")}
    hidden = (".", "__pycache__")
    return {
        name: path
        for name, path in sorted(paths.items())
        if path.is_file() and not any(part.startswith(hidden) for part in name.split("/"))
    }


@cache
def distributed_digest() -> str:
    """Digests the bytes of these files; empty if one was edited after this process began."""
    paths = distributed()
    if any(map(modules.changed, paths.values())):
        return ""
    digests = {name: files.sha256(path) for name, path in paths.items()}
    return hashlib.sha256(json.dumps(digests).encode()).hexdigest()


@cache
def digest(path: Path) -> str:
    """Digests the syntax tree of a module, unless the digest is kept."""
    source, key = path.read_bytes(), RULES.copy()
    key.update(source)
    kept = _kept()
    if (name := key.hexdigest()) not in kept:
        kept[name] = _of_tree(source)
    return kept[name]


def _of_tree(source: bytes) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        for name in UNREAD:
            if getattr(node, name, None) is not None:
                setattr(node, name, ast.Constant(None) if isinstance(node, ast.AnnAssign) else None)
        if isinstance(body := getattr(node, "body", None), list):  # Modules, functions, blocks.
            lines = [line for line in body if not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))]
            node.body = lines or [ast.Pass()]  # type: ignore[attr-defined]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16]
