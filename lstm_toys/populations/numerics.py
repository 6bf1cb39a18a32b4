"""What changes the bits of every network besides programs, versions, machine and block. Imports nothing heavy."""

import os
import sys
from typing import Any

LEAST_DEVICES = 2
"""Devices of a CPU, at least: what is compiled for one alone differs in last bits from what is for several, where
networks are trained on several curves, since XLA brings it into another order before it optimizes."""

SWITCHES: dict[str, Any] = {
    "jax_enable_x64": False,
    "jax_default_prng_impl": "threefry2x32",
    "jax_threefry_partitionable": True,
    "jax_random_seed_offset": 0,
    "jax_default_matmul_precision": None,
}
"""JAX's own switches that change every weight, and their defaults; an environment variable sets each of them."""


def switches() -> dict[str, Any]:
    """Those of `SWITCHES` that are not at their defaults.

    They are asked of JAX where it is loaded, else read from the environment as JAX will read them.
    """
    jax = sys.modules.get("jax")
    loaded = None if jax is None else getattr(jax, "config", None)
    values = {}
    for name, default in SWITCHES.items():
        value = _read(name, default) if loaded is None else loaded.values.get(name, default)
        if value != default:
            values[name] = value
    return values


def environment() -> dict[str, Any]:
    """The same as the environment sets them, whatever was changed since."""
    found = {name: _read(name, default) for name, default in SWITCHES.items()}
    return {name: value for name, value in found.items() if value != SWITCHES[name]}


def _read(name: str, default: Any) -> Any:
    """A switch as the environment sets it."""
    text = os.environ.get(name.upper())
    if text is None or (default is None and not text):
        return default
    if isinstance(default, bool):
        return text.lower() in ("y", "yes", "t", "true", "on", "1")
    return int(text) if isinstance(default, int) and text.lstrip("-").isdigit() else text
