"""Digests of a computation: of lowered programs and of arrays.

Programs are lowered for a CPU, without compiling, on two abstract devices with one block each, so that the text does
not depend on the number of seeds and devices. It depends on versions.
"""

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

import jax
import numpy as np

import lstm_toys
from lstm_toys.execution import devices
from lstm_toys.execution.switches import LEAST_DEVICES, switches

Digests = dict[str, str]
"""The digest of each part of a computation, by name."""

MACHINE = ("jax", "jaxlib", "flax", "optax", "platform", "device", "processor")
"""Fingerprint entries on which the text of programs may depend."""

COMPILED = ("switches", "XLA flags")
"""Names of the digests of `compiled`."""

NAME = re.compile(r"(?<!custom_call )@[\w.$-]+")
ADDRESS = re.compile(r"0x[0-9a-fA-FX]+")

DEBUGGING = re.compile(r"\bdebug_(callback|print)\[")
CALLING = re.compile(r"\b(?!debug_callback\b)\w*callback\w*\[")
"""Calls of Python in a traced program: for debugging, without a result, or for a result."""

CALLBACK = "calls Python"
"""The name of the part that reports such calls; a program's text does not contain the Python code."""


def mesh() -> jax.sharding.AbstractMesh:
    """The abstract devices that programs are lowered for."""
    return jax.sharding.AbstractMesh((LEAST_DEVICES,), ("device",), axis_types=(jax.sharding.AxisType.Auto,))


def spread(tree: Any, block: int) -> Any:
    """The shapes of one block of members per device, from the arrays, or shapes, of ONE member."""
    share = jax.sharding.NamedSharding(mesh(), jax.P("device"))
    return jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct((LEAST_DEVICES, block, *leaf.shape), leaf.dtype, sharding=share), tree
    )


def lowered(name: str, function: jax.stages.Wrapped, *arguments: Any) -> Digests:
    """Digests a program, and whether it calls Python for more than debugging."""
    traced = function.trace(*arguments)
    constants = jax.tree.leaves(getattr(traced.jaxpr, "consts", ()))
    try:
        text = traced.lower(lowering_platforms=("cpu",)).as_text()
        called = "callback" in text and not _only_debugs(str(traced.jaxpr))
    except ValueError:  # Calls of Python cannot be lowered for abstract devices.
        text, called = str(traced.jaxpr), True
    return {name: digest(_canonical(text), *constants), **({CALLBACK: "yes"} if called else {})}


def _only_debugs(traced: str) -> bool:
    """Whether a program that calls Python ignores the results of the calls."""
    return bool(DEBUGGING.search(traced)) and not CALLING.search(traced)


def _canonical(text: str) -> str:
    """A program's text, with functions numbered in order, and without addresses."""
    seen: dict[str, str] = {}
    numbered = NAME.sub(lambda match: seen.setdefault(match[0], f"@{len(seen)}"), text)
    return ADDRESS.sub("0x", numbered) if "callback" in text else numbered


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
                content = (
                    repr(array.tolist()).encode() if array.dtype.hasobject else np.ascontiguousarray(array).tobytes()
                )
                sha.update(f"{array.dtype.str}{array.shape}".encode() + content)
            sha.update(b"\0")
    return sha.hexdigest()[:16]


@cache
def library() -> str:
    """Digests all code of the library."""
    folder, sha = Path(lstm_toys.__file__).parent, hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        sha.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return sha.hexdigest()[:16]


def compiled() -> Digests:
    """Digests of JAX switches and XLA flags, which change results and are not in a program's text."""
    flags = sorted(devices.xla_flags())
    return {"switches": digest(repr(sorted(switches().items()))), "XLA flags": digest(repr(flags))}
