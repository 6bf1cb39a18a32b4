"""Configuration switches of JAX and Flax that may change the bits of results. Imports nothing heavy."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

LEAST_DEVICES = 2
"""Fewest devices on a CPU. Training on several curves gives different last bits when compiled for one device than for
several, since XLA orders operations differently before it optimizes."""

HARMLESS = re.compile(
    r"log(s|ging)?(_|$)|debug|dump|explain|pprint|verbose|source_url|report_frames|warn_bytes|profile$|repr_depth"
    r"|cache(_|s_|$)(?!expect)|raise_persistent|orbax|checkpoint_residuals"
    r"|trac(er|eback)|frames$|filter|canonicalization"
    r"|key_reuse|leak|guard|_checks?(_|$)|promotion$|allow_f16|vmap_shmap|mesh_context|legacy_prng"
    r"|platform|visible_devices|num_cpu_devices|backend(_target)?$"
)
"""Names, in lower case, of switches that change no result: of logging, of caches, of tracebacks, of checks that raise,
and of the choice of devices, whose kind is in the fingerprint."""

WATCHED = ("jax", "flax")

_initial: dict[str, dict[str, str]] = {}


def variables() -> dict[str, str]:
    """Returns the environment variables that set switches, as text."""
    names = (name for name in os.environ if name.startswith(("JAX_", "FLAX_")) and not HARMLESS.search(name.lower()))
    return {name: os.environ[name] for name in sorted(names)}


def switches() -> dict[str, str]:
    """Returns the switches that the environment or the program has set, with their values as text."""
    found = {name.lower(): value for name, value in variables().items()}
    for module in WATCHED:
        if module in sys.modules:
            before = _initial.get(module) or _asked(module)
            now = _values(sys.modules[module])
            found |= {name: now[name] for name in now if now[name] != before.get(name) and not HARMLESS.search(name)}
    return dict(sorted(found.items()))


def watch() -> None:
    """Notes the values of switches as soon as JAX and Flax are imported, before a program can change them."""
    sys.meta_path.insert(0, _Watcher)


def _values(module: ModuleType) -> dict[str, str]:
    config = module.config
    values: dict[str, Any] = config.values if module.__name__ == "jax" else vars(config)["_values"]
    return {name: str(value) for name, value in values.items()}


def _asked(module: str) -> dict[str, str]:
    """Asks another process, where JAX or Flax was imported before this library."""
    code = f"import {module}, json; from {__name__} import _values; print(json.dumps(_values({module})))"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    asked = [sys.executable, "-c", code]
    _initial[module] = json.loads(subprocess.check_output(asked, env=environment, stderr=subprocess.PIPE, text=True))
    return _initial[module]


class _Watcher:
    """A module finder that only makes the loaders of JAX and Flax note their switches."""

    @classmethod
    def find_spec(cls, name: str, *_: Any) -> ModuleSpec | None:
        if name not in WATCHED or name in _initial:
            return None
        _initial[name] = {}  # The search below comes here again.
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def noted(module: ModuleType) -> None:
                execute(module)
                _initial[name] = _values(module)

            spec.loader.exec_module = noted  # type: ignore[method-assign]
        return spec
