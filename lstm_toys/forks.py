"""Detects processes forked after JAX started, in which JAX would hang since its threads are missing.

Imported with the package, so that it sees every fork. Imports nothing heavy.
"""

import os
import sys

_broken = False


def check() -> None:
    """Raises RuntimeError in a process that was forked after JAX started."""
    if _broken:
        raise RuntimeError(
            "this process was forked after JAX had started, and JAX would hang: start processes with "
            'multiprocessing.get_context("spawn"), or fork before creating the first array'
        )


def _forked() -> None:
    global _broken
    bridge = sys.modules.get("jax._src.xla_bridge")
    _broken = _broken or (bridge is not None and bridge.backends_are_initialized())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
