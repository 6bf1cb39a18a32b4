"""What would be computed, as digests: lowered programs and arrays.

Programs are lowered and not compiled, for a CPU, on two abstract devices with one block each, so that the text does not
depend on how many seeds and devices there are. It depends on versions.
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
"""A digest of each part of what would be computed, by its name."""

MACHINE = ("jax", "jaxlib", "flax", "optax", "platform", "device", "processor")
"""What the text of programs may depend on, by its name in a fingerprint."""

COMPILED = ("switches", "XLA flags")
"""The parts of a value that are no program, and are named alike on every machine; see `compiled`."""

NAME = re.compile(r"(?<!custom_call )@[\w.$-]+")
ADDRESS = re.compile(r"0x[0-9a-fA-FX]+")

DEBUGGING = re.compile(r"\bdebug_(callback|print)\[")
CALLING = re.compile(r"\b(?!debug_callback\b)\w*callback\w*\[")
"""How a traced program calls Python: for debugging, which returns nothing to the program, or for a result."""

CALLBACK = "calls Python"
"""The name of the part that says so; what Python does there is in no text."""


def mesh() -> jax.sharding.AbstractMesh:
    """The devices that programs are lowered for."""
    return jax.sharding.AbstractMesh((LEAST_DEVICES,), ("device",), axis_types=(jax.sharding.AxisType.Auto,))


def spread(tree: Any, block: int) -> Any:
    """The shapes of one block of members on each of the devices.

    Args:
        tree: the arrays of ONE member, or their shapes.
        block: members of a block.
    """
    share = jax.sharding.NamedSharding(mesh(), jax.P("device"))
    return jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct((LEAST_DEVICES, block, *leaf.shape), leaf.dtype, sharding=share), tree
    )


def lowered(name: str, function: jax.stages.Wrapped, *arguments: Any) -> Digests:
    """A program, and whether it calls Python for more than debugging.

    Args:
        name: of the program.
        function: jitted.
        arguments: their shapes.
    """
    traced = function.trace(*arguments)
    constants = jax.tree.leaves(getattr(traced.jaxpr, "consts", ()))
    try:
        text = traced.lower(lowering_platforms=("cpu",)).as_text()
        called = "callback" in text and not _only_debugs(str(traced.jaxpr))
    except ValueError:  # What calls Python is not lowered for abstract devices.
        text, called = str(traced.jaxpr), True
    return {name: digest(_canonical(text), *constants), **({CALLBACK: "yes"} if called else {})}


def _only_debugs(traced: str) -> bool:
    """Whether a program that calls Python uses no result of it."""
    return bool(DEBUGGING.search(traced)) and not CALLING.search(traced)


def _canonical(text: str) -> str:
    """A program's text, with the names of functions numbered in their order, and without addresses."""
    seen: dict[str, str] = {}
    numbered = NAME.sub(lambda match: seen.setdefault(match[0], f"@{len(seen)}"), text)
    return ADDRESS.sub("0x", numbered) if "callback" in text else numbered


def digest(*trees: Any) -> str:
    """A digest of arrays, text and numbers: of their values, types and places."""
    told = hashlib.sha256()
    for tree in trees:
        leaves, structure = jax.tree.flatten(tree)
        told.update(repr(structure).encode())
        for leaf in leaves:
            if isinstance(leaf, str | int | float | bool):
                told.update(repr(leaf).encode())
            else:
                array = np.asarray(leaf)
                content = (
                    repr(array.tolist()).encode() if array.dtype.hasobject else np.ascontiguousarray(array).tobytes()
                )
                told.update(f"{array.dtype.str}{array.shape}".encode() + content)
            told.update(b"\0")
    return told.hexdigest()[:16]


@cache
def library() -> str:
    """A digest of all code of the library."""
    folder, told = Path(lstm_toys.__file__).parent, hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        told.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return told.hexdigest()[:16]


def compiled() -> Digests:
    """What changes bits and stands in no program's text: switches of JAX, and XLA's flags."""
    flags = sorted(devices.xla_flags())
    return {"switches": digest(repr(sorted(switches().items()))), "XLA flags": digest(repr(flags))}
