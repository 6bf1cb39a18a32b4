"""Digests of what computes a run: the library's code, lowered programs, and arrays and numbers.

A program of `lstm_toys.populations.blocks.spread` is digested without the loop over blocks around it, so that
the digest does not depend on the number of seeds and devices. It depends on versions and on the platform.
"""

import ast
import hashlib
import json
import re
import sys
import uuid
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import jax
import numpy as np

from lstm_toys import files, modules, processor
from lstm_toys.execution import CALLBACK, devices

Digests = dict[str, str]
"""The digest of each part of a computation, by name."""

BLOCK = "block_of_members"

FUNCTION = re.compile(r"^  func\.func \w+ @([\w.$-]+|\".*?\")\(.*?^  }$", re.DOTALL | re.MULTILINE)
NAME = re.compile(r"(?<!custom_call )@[\w.$-]+")
ARRAY = re.compile(r"dense<[\[\"]|dense_resource<")
"""Array constants, except for those whose numbers are all the same."""

CALLED = re.compile(r"custom_call @\w*callback.* -> (?!\(\)|\(?!stablehlo\.token)")
"""A call of Python that returns a value, which debug prints do not."""

LAPACK = "custom_call @lapack_"

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
    digests = {path.relative_to(root).as_posix(): of_module(path) for path in paths}
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
def of_module(path: Path) -> str:
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


class Program(NamedTuple):
    """A lowered program: its digest, and whether it calls Python, and LAPACK."""

    digest: str
    python: bool
    lapack: bool

    def named(self, name: str) -> Digests:
        """The digest under a name, and whether the program calls Python."""
        return {name: self.digest, **({CALLBACK: "yes"} if self.python else {})}


def program(function: jax.stages.Wrapped, *arguments: Any) -> Program:
    """Describes a program, once for the same function and shapes."""
    shapes = str(jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), arguments))
    described = _programs.setdefault(function, {})
    if shapes not in described:
        traced = function.trace(*arguments)
        text = _text(traced.lower().as_text())
        constants = jax.tree.leaves(getattr(traced.jaxpr, "consts", ()))
        described[shapes] = Program(digest(text, *constants), CALLED.search(text) is not None, LAPACK in text)
    return described[shapes]


_programs: WeakKeyDictionary[jax.stages.Wrapped, dict[str, Program]] = WeakKeyDictionary()
"""Described programs, by function and shapes of the arguments."""


def _text(module: str) -> str:
    """The text of a module; with blocks, only a block's function and the functions that it calls."""
    functions = {match[1]: match[0] for match in FUNCTION.finditer(module)}
    if BLOCK not in functions:
        reached, text = [], module
    else:
        reached = [BLOCK]
        for name in reached:
            called = (symbol[1:] for symbol in NAME.findall(functions[name]))
            reached += [callee for callee in dict.fromkeys(called) if callee in functions and callee not in reached]
        outside = "".join(text for name, text in functions.items() if name not in reached)
        assert not ARRAY.search(outside), "a constant array enters a program of blocks from outside of a block"
        text = "\n".join(functions[name] for name in reached)
    seen: dict[str, str] = {}
    return NAME.sub(lambda match: seen.setdefault(match[0], f"@{len(seen)}"), text)


def digest(*trees: Any) -> str:
    """Digests arrays, text and numbers: their values, types and positions in the trees."""
    sha = hashlib.sha256()
    for tree in trees:
        leaves, structure = jax.tree.flatten(tree)
        sha.update(repr(structure).encode())
        for leaf in leaves:
            if isinstance(leaf, str | int | float | bool):
                sha.update(repr(leaf).encode())
            else:
                array = np.asarray(leaf)
                content = repr(array.tolist()).encode() if array.dtype.hasobject else array.tobytes()
                sha.update(f"{array.dtype.str}{array.shape}".encode() + content)
            sha.update(b"\0")
    return sha.hexdigest()[:16]


def compiled() -> Digests:
    """Digests of what changes results but not a program's text: switches of JAX, XLA flags, variables of oneDNN."""
    parts = {"switches": devices.switches(), "XLA flags": sorted(devices.xla_flags()), "oneDNN": processor.of_onednn()}
    return {name: digest(repr(value)) for name, value in parts.items()}


def computed_by_numpy() -> Digests:
    """A digest of the variables that choose kernels of NumPy and LAPACK, which change results outside of programs."""
    return {"NumPy": digest(repr(processor.of_numpy()))}
