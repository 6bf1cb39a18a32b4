"""The devices that a population is spread over, how XLA compiles for them, and the fingerprint of both."""

import os
import platform
from pathlib import Path
from typing import Any

import jax
import jaxlib.version
import optax

import lstm_toys
from lstm_toys.populations.numerics import NUMERICS, switches

BACKEND_OPTIONS = "xla_cpu_small_while_loop_byte_threshold=1000000000,xla_cpu_disable_loop_unrolling"
"""Options of XLA:CPU, undocumented, which it ignores where it does not know them.

The first compiles a whole loop to one function; the second keeps LLVM from unrolling short loops over units before it
makes vectors of them.
"""

DEVICE_COUNT = "--xla_force_host_platform_device_count"
"""Flag of XLA that says how many devices the CPU is; it changes no bits."""


def configure(*, cache: bool = True) -> None:
    """Sets JAX up for populations: every core, compiled loops and, unless refused, the compilation cache.

    Args:
        cache: keep compiled programs in the user's cache folder, for the next process.

    Raises:
        RuntimeError: JAX has made its devices already, which the first array does.

    Example:
        >>> import lstm_toys as lt
        >>> lt.configure()  # Before the first array.
    """
    use_every_core()
    compile_loops()
    if cache:
        cache_compilations()


def compile_loops() -> None:
    """Asks XLA:CPU to compile whole loops, unless the user has chosen backend options of their own.

    A recurrence of small matrices runs about twice as fast so. It changes the last bits of results, and takes effect
    only before JAX has made its devices.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_backend_extra_options" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} --xla_backend_extra_options={BACKEND_OPTIONS}".strip()


def cache_compilations() -> None:
    """Keeps compiled programs in the user's cache folder, unless the user has chosen another."""
    if jax.config.values["jax_compilation_cache_dir"] is None:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        jax.config.update("jax_compilation_cache_dir", str(home / "lstm_toys" / "xla"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def use_every_core() -> None:
    """Makes one JAX device of each CPU core that this process may use.

    XLA computes a small program on one core of a device, so that several cores need several devices. A device count
    that the user chose, in ``XLA_FLAGS`` or ``JAX_NUM_CPU_DEVICES``, stands.

    Raises:
        RuntimeError: JAX has made its devices already, which the first array does.
    """
    if DEVICE_COUNT in os.environ.get("XLA_FLAGS", ""):
        return
    if jax.config.values["jax_num_cpu_devices"] != -1:
        return
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    jax.config.update("jax_num_cpu_devices", cores)


def describe() -> str:
    """One line: the devices, and the XLA options in force."""
    kinds = jax.devices()[0].device_kind
    return f"{jax.device_count()} x {kinds}; XLA_FLAGS: {os.environ.get('XLA_FLAGS') or 'none'}"


def fingerprint(block: int) -> dict[str, Any]:
    """What a bitwise equal repetition depends on: versions, processor or accelerator, XLA's options, block size.

    Example:
        >>> import lstm_toys as lt
        >>> lt.fingerprint(block=4)["block"]
        4
    """
    return {
        "lstm_toys": lstm_toys.__version__,
        "jax": jax.__version__,
        "jaxlib": jaxlib.version.__version__,
        "optax": optax.__version__,
        "platform": jax.default_backend(),
        "device": jax.devices()[0].device_kind,
        "processor": processor(),
        "xla_flags": [flag for flag in os.environ.get("XLA_FLAGS", "").split() if not flag.startswith(DEVICE_COUNT)],
        "block": block,
        "numerics": NUMERICS,
        "switches": switches(),
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
