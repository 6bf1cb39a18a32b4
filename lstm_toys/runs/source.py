"""Digests of library code that runs between compiled programs and files, outside any program's text."""

import ast
import hashlib
from functools import cache
from pathlib import Path

LIBRARY = Path(__file__).parent.parent

TRAINING = (
    *(f"populations/{name}.py" for name in ("train", "specification", "group", "blocks", "programs", "answering")),
    *(f"results/{name}.py" for name in ("arrays", "storage", "population")),
    *(f"runs/{name}.py" for name in ("preparation", "external")),
    *("studies/training/computation.py", "tasks/scaling.py"),
)
"""Code that writes the files of a trained population."""

UNREAD = ("annotation", "returns", "type_comment")
"""Fields of a syntax tree that change no number."""


@cache
def digest(*files: str) -> str:
    """Digests the syntax trees of library files, without docstrings, comments and annotations."""
    trees = (_stripped(ast.parse((LIBRARY / name).read_bytes())) for name in files)
    return hashlib.sha256("\n".join(ast.dump(tree) for tree in trees).encode()).hexdigest()[:16]


def _stripped(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        for name in UNREAD:
            if getattr(node, name, None) is not None:
                setattr(node, name, ast.Constant(None) if isinstance(node, ast.AnnAssign) else None)
        if isinstance(body := getattr(node, "body", None), list):
            node.body = [each for each in body if not _text(each)] or [ast.Pass()]  # type: ignore[attr-defined]
    return tree


def _text(statement: ast.stmt) -> bool:
    """Whether a statement is a docstring, of a definition or of a constant."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
