"""The machine and the software that numbers belong to, without anything that names the machine."""

import importlib.metadata
import os
import platform
from typing import Any

from lstm_toys import processor
from lstm_toys.text import code, escape

PACKAGES = ("jax", "jaxlib", "flax", "optax", "numpy", "equinox", "torch")


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe() -> dict[str, Any]:
    """Processor, cores, system and versions, and the XLA flags that the engine runs under, from now on here too."""
    from lstm_toys.execution import devices

    devices.choose_code()
    installed = {each.name: each.version for each in importlib.metadata.distributions()}
    return {
        "processor": processor.name(),
        "cores": cores(),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {package: installed[package] for package in PACKAGES if package in installed},
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
    }


def markdown(machine: dict[str, Any]) -> list[str]:
    """The same as lines of Markdown."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    system = f"{machine['cores']} cores; {machine['system']}, Python {machine['python']}"
    line = f"{escape(machine['processor'])}; {escape(system)}; {escape(versions)}."
    return [line, "", f"XLA flags of lstm_toys: {code(machine['xla_flags'] or 'none')}."]
