"""The devices that a population is spread over, how XLA compiles for them, and the fingerprint of both."""

import contextlib
import importlib.util
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import flax
import jax
import jax.numpy as jnp
import jaxlib.version
import optax

import lstm_toys
from lstm_toys import arguments, forks
from lstm_toys.execution.switches import LEAST_DEVICES, SWITCHES, UNCOUNTED, switches

BACKEND_OPTIONS = "xla_cpu_small_while_loop_byte_threshold=1000000000,xla_cpu_disable_loop_unrolling"
"""Options of XLA:CPU, undocumented, which it ignores where it does not know them.

The first compiles a whole loop to one function; the second keeps LLVM from unrolling short loops over units before it
makes vectors of them.
"""

OURS = f"--xla_backend_extra_options={BACKEND_OPTIONS}"

DEVICE_COUNT = "--xla_force_host_platform_device_count"
"""Flag of XLA that says how many devices the CPU is; from `numerics.LEAST_DEVICES` on it changes no bits."""

THREADS = "NPROC"
"""What XLA:CPU reads from the environment for the threads that all its devices share; it changes no bits."""


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
    forks.check()
    cache = arguments.switch("cache", cache)
    use_every_core()
    compile_loops()
    if cache:
        cache_compilations()


def compile_loops() -> None:
    """Asks XLA:CPU to compile whole loops, unless the user has chosen backend options of their own.

    A recurrence of small matrices runs about twice as fast so. It changes the last bits of results, and takes effect
    only before JAX has made its devices. Where JAX may choose an accelerator, nothing is asked.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_backend_extra_options" not in flags and not _accelerated():
        os.environ["XLA_FLAGS"] = f"{flags} {OURS}".strip()


def _accelerated() -> bool:
    """Whether JAX may choose an accelerator, as far as can be told before it makes its devices."""
    asked = jax.config.values["jax_platforms"]
    if asked:
        return asked.split(",")[0] != "cpu"
    return any(importlib.util.find_spec(plugin) is not None for plugin in ("jax_plugins", "libtpu"))


def cache_compilations() -> None:
    """Keeps compiled programs in the user's cache folder, if there can be one, unless the user has chosen another."""
    if jax.config.values["jax_compilation_cache_dir"] is None:
        with contextlib.suppress(OSError, RuntimeError):  # A folder that cannot be made; a user without a home.
            cache = os.environ.get("XDG_CACHE_HOME")
            folder = (Path(cache) if cache else Path.home() / ".cache") / "lstm_toys" / "xla"
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def use_every_core() -> None:
    """Makes one JAX device of each CPU core that this process may use, and `numerics.LEAST_DEVICES` of fewer.

    XLA computes a small program on one core of a device, so that several cores need several devices. A device count
    that the user chose, in ``XLA_FLAGS`` or ``JAX_NUM_CPU_DEVICES``, stands. Then XLA gets as many threads as devices,
    unless the user has chosen them, too: one device that has two passes its work to and fro, and takes half as much
    again of them.

    Raises:
        RuntimeError: JAX has made its devices already, which the first array does.
    """
    asked = re.search(f"{DEVICE_COUNT}=(\\d+)", os.environ.get("XLA_FLAGS", ""))
    chosen = int(asked[1]) if asked else jax.config.values["jax_num_cpu_devices"]
    if chosen != -1:
        if chosen > 0:  # With no thread XLA ends the process before anybody can tell why.
            os.environ.setdefault(THREADS, str(chosen))
        return
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    jax.config.update("jax_num_cpu_devices", max(LEAST_DEVICES, cores))


IN_THE_WAY = {
    "jax_disable_jit": "trainings are compiled",
    "jax_debug_nans": "a seed that diverges is counted, and ends nothing",
    "jax_debug_infs": "a seed that diverges is counted, and ends nothing",
    "jax_transfer_guard": "curves and answers have to be transferred",
}
"""Switches of JAX that leave no training, unless they are at one of `HARMLESS`, and why."""

HARMLESS = (None, False, "allow", "log")

SAID_BY_XLA = re.compile(r"^[EF]\d{4} .*?\] (.*?)(?: \(We assumed.*)?$", re.MULTILINE)
"""What is wrong, in what it prints before it ends the process."""


ASKED = ("JAX_PLATFORMS", "JAX_DEFAULT_DEVICE", "JAX_NUM_CPU_DEVICES")
"""What the environment may ask of devices."""


class Unusable(Exception):
    """JAX cannot be used as it was set up; the argument says why in one line."""


def start() -> None:
    """Makes the devices, and computes something on one of them.

    Raises:
        Unusable: there are none, or they are not to be used.
    """
    for name, reason in IN_THE_WAY.items():
        if jax.config.values[name] not in HARMLESS:
            raise Unusable(f"{name.upper()}={jax.config.values[name]} is in the way: {reason}")
    for name in sorted(jax.config.values.keys() - SWITCHES.keys() - UNCOUNTED):
        if value := os.environ.get(name.upper()):
            raise Unusable(f"{name.upper()}={value}: a switch of jax {jax.__version__} not known here; unset it")
    if told := _refused_by_xla():
        raise Unusable(f"XLA_FLAGS={_chosen()}: {told}")
    if "JAX_NUMPY_DTYPE_PROMOTION" in os.environ:
        jax.config.update("jax_numpy_dtype_promotion", "standard")  # Optax mixes types.
    try:
        jax.block_until_ready(jnp.zeros(()) + 1)
    except Exception as error:  # One of many kinds.
        asked = [f"{name}={os.environ[name]}" for name in ASKED if name in os.environ]
        told = " ".join(str(error).split()) or type(error).__name__
        raise Unusable(f"JAX has no device here{' as asked for by ' * bool(asked)}{', '.join(asked)}: {told}") from None


def _refused_by_xla() -> str | None:
    """What XLA says to flags of the user's own; tried in another process, since it ends the one that it says it to."""
    every = os.environ.get("XLA_FLAGS", "").split()
    if every and not every[0].startswith("--"):
        return "give the flags themselves, each with -- before it, and no file of them"
    if all(flag.startswith(("--xla_backend_extra_options=", f"{DEVICE_COUNT}=")) for flag in every):
        return None
    tried = subprocess.run([sys.executable, "-c", "import jax; jax.devices()"], capture_output=True, text=True)
    said = SAID_BY_XLA.search(tried.stderr)
    return said[1] if tried.returncode and said else None


def describe() -> str:
    """One line: the devices, and the options of XLA that the user has chosen, if any."""
    flags = _chosen()
    return f"{jax.device_count()} x {jax.devices()[0].device_kind}{'; XLA_FLAGS: ' * bool(flags)}{flags}"


def _chosen() -> str:
    """The options of XLA in force, without ours."""
    return os.environ.get("XLA_FLAGS", "").replace(OURS, "").strip()


def fingerprint(block: int) -> dict[str, Any]:
    """What a bitwise equal repetition depends on: versions, processor or accelerator, XLA's options, block size, and
    whether there are several devices.

    Example:
        >>> import lstm_toys as lt
        >>> lt.fingerprint(block=4)["block"]
        4
    """
    forks.check()
    block = arguments.whole("block", block, least=0)
    return {
        "lstm_toys": lstm_toys.__version__,
        "jax": jax.__version__,
        "jaxlib": jaxlib.version.__version__,
        "flax": flax.__version__,
        "optax": optax.__version__,
        "platform": jax.default_backend(),
        "device": jax.devices()[0].device_kind,
        "processor": processor(),
        "xla_flags": xla_flags(),
        "block": block,
        "switches": switches(),
        "several_devices": jax.device_count() >= LEAST_DEVICES,
    }


def xla_flags() -> list[str]:
    """XLA's flags, but for the number of devices, which changes no bits."""
    return [flag for flag in os.environ.get("XLA_FLAGS", "").split() if not flag.startswith(DEVICE_COUNT)]


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
