"""The devices that a population is spread over, and the fingerprint of what computes on them."""

import os
import platform
from typing import Any

import jax
import jaxlib.version
import optax

import lstm_toys


def use_every_core() -> None:
    """Makes one JAX device of each CPU core that this process may use.

    XLA computes a small program on one core of a device, so that several cores need several devices. A device count
    that the user chose, in ``XLA_FLAGS`` or ``JAX_NUM_CPU_DEVICES``, stands.

    Raises:
        RuntimeError: JAX has made its devices already, which the first array does.
    """
    if "xla_force_host_platform_device_count" in os.environ.get("XLA_FLAGS", ""):
        return
    if jax.config.jax_num_cpu_devices != -1:  # type: ignore[attr-defined]
        return
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    jax.config.update("jax_num_cpu_devices", cores)


def fingerprint(block: int) -> dict[str, Any]:
    """What a bitwise equal repetition depends on: versions, processor or accelerator, XLA's options, block size."""
    return {
        "lstm_toys": lstm_toys.__version__,
        "jax": jax.__version__,
        "jaxlib": jaxlib.version.__version__,
        "optax": optax.__version__,
        "platform": jax.default_backend(),
        "device": jax.devices()[0].device_kind,
        "processor": processor(),
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
        "block": block,
    }


def processor() -> str:
    """The CPU's name, and the widest vector instructions that XLA may choose on it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            fields = dict(line.split(":", 1) for line in file if ":" in line)
    except OSError:
        return platform.processor() or platform.machine()
    values = {name.strip(): value.strip() for name, value in fields.items()}
    flags = values.get("flags", "").split()
    vector = next((name for name in ("avx512f", "avx2", "avx") if name in flags), platform.machine())
    return f"{values.get('model name', platform.machine())}, {vector}"
