"""Digests of the library's own code, for the names of runs and for the workers of a cluster."""

import ast
import hashlib
import json
import uuid
from functools import cache
from pathlib import Path

from lstm_toys import modules

BELOW = ("tasks", "statistics", "networks", "populations", "execution", "results", "runs", "studies/training")
"""Folders whose code every training runs, in addition to the modules directly in the library's folder."""

UNREAD = ("annotation", "returns", "type_comment")
"""Fields of a syntax tree that have no effect on results."""


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
    digests = {path.relative_to(root).as_posix(): digest(path) for path in paths}
    return hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()[:16]


@cache
def digest(path: Path) -> str:
    """Digests the syntax tree of a module."""
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        for name in UNREAD:
            if getattr(node, name, None) is not None:
                setattr(node, name, ast.Constant(None) if isinstance(node, ast.AnnAssign) else None)
        if isinstance(body := getattr(node, "body", None), list):  # Modules, functions, blocks.
            lines = [line for line in body if not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))]
            node.body = lines or [ast.Pass()]  # type: ignore[attr-defined]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16]
