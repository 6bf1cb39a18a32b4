"""Digests of what computes a run: the library's code, lowered programs, and arrays and numbers.

A program of `lstm_toys.populations.blocks.spread` is digested without the loop over blocks around it, so that
the digest does not depend on the number of seeds and devices. It depends on versions and on the platform.
"""

import hashlib
import re
import sys
import uuid
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


@cache
def library(*folders: str) -> str:
    """Digests the code that a training runs, and all code in other folders of the library, with Python's version.

    If a file was edited after this process began, it is unknown which code runs, and the digest is random.
    """
    root = Path(modules.LIBRARY)
    paths = {*root.glob("*.py"), *(path for folder in (*BELOW, *folders) for path in (root / folder).rglob("*.py"))}
    if any(map(modules.changed, paths)):
        return uuid.uuid4().hex[:16]
    sha = hashlib.sha256(sys.version.encode())
    for path in sorted(paths):
        sha.update(f"{path.relative_to(root).as_posix()}\0{files.sha256(path)}\0".encode())
    return sha.hexdigest()[:16]


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
