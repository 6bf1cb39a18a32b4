"""Digests of the library's own code, for the names of runs and for the workers of a cluster."""

import ast
import hashlib
import json
import uuid
from functools import cache
from pathlib import Path

from lstm_toys import modules

BELOW = ("tasks", "statistics", "networks", "populations", "execution", "results", "runs", "studies/training")
"""Folders whose code every training passes through, in addition to the modules of the library's own folder."""

UNREAD = ("annotation", "returns", "type_comment")
"""Fields of a syntax tree that change no number."""


@cache
def library(*folders: str) -> str:
    """Digests the code that a training, and what else is in some folders of the library, passes through.

    These are syntax trees without docstrings, comments and annotations. If a file was edited after this process began,
    nobody knows which code runs, and the digest is one that no other process has.
    """
    root = Path(modules.LIBRARY)
    paths = [*root.glob("*.py"), *(path for folder in (*BELOW, *folders) for path in (root / folder).rglob("*.py"))]
    if any(map(modules.changed, paths)):
        return uuid.uuid4().hex[:16]
    told = {path.relative_to(root).as_posix(): digest(path) for path in paths}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


@cache
def digest(path: Path) -> str:
    """Digests the syntax tree of a module."""
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        for name in UNREAD:
            if getattr(node, name, None) is not None:
                setattr(node, name, ast.Constant(None) if isinstance(node, ast.AnnAssign) else None)
        if isinstance(body := getattr(node, "body", None), list):  # Of what has statements.
            kept = [each for each in body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))]
            node.body = kept or [ast.Pass()]  # type: ignore[attr-defined]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16]
