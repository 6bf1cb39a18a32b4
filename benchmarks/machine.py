"""The machine and the software that numbers belong to, without anything that names the machine."""

import importlib.metadata
import platform
from typing import Any

from benchmarks.entries import cores

PACKAGES = ("jax", "jaxlib", "flax", "optax", "numpy", "equinox", "torch", "keras", "tensorflow", "tensorflow-cpu")


def describe(xla_flags: str) -> dict[str, Any]:
    """Processor, cores, system and versions.

    Args:
        xla_flags: that the engine ran under.
    """
    from lstm_toys.populations import devices

    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "processor": devices.processor(),
        "cores": cores(),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": versions,
        "xla_flags": xla_flags,
    }


def markdown(machine: dict[str, Any]) -> list[str]:
    """The same as lines of Markdown."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    system = f"{machine['cores']} cores; {machine['system']}, Python {machine['python']}"
    return [
        f"{machine['processor']}; {system}; {versions}.",
        "",
        f"XLA flags of lstm_toys: `{machine['xla_flags'] or 'none'}`.",
    ]
