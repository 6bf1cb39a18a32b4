"""Devices of this process, options of XLA, the fingerprint of an execution, and the executor of the parts of a run."""

import contextlib
import hashlib
import importlib.util
import os
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import flax
import jax
import jax.numpy as jnp
import jaxlib.version
import optax

import lstm_toys
from lstm_toys import arguments, files, processor
from lstm_toys.execution.signals import Stopped
from lstm_toys.text import message

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
"""Names of switches that do not change results: of logging, of caches, of tracebacks, of checks that raise, and of the
choice of devices, whose kind is in the fingerprint."""

BACKEND_OPTIONS = "xla_cpu_small_while_loop_byte_threshold=1000000000,xla_cpu_disable_loop_unrolling"
"""Undocumented options of XLA:CPU, ignored by versions that do not have them. The first compiles a whole loop into one
function; the second keeps LLVM from unrolling short loops over units before vectorizing them."""

LOOPS = f"--xla_backend_extra_options={BACKEND_OPTIONS}"

PORTABLE = ("--xla_cpu_enable_platform_dependent_math=false", "--xla_cpu_max_isa=AVX2")
"""Undocumented XLA flags with which no approximation, no kernel and no width of vectors of XLA:CPU depends on the
processor. A version that does not know one of them ends the process."""

TRIED = ("0.10.2", "0.12.0.1")
"""Versions of jaxlib that know these flags, and with which kinds of processors computed the same bits."""

DEVICE_COUNT = "--xla_force_host_platform_device_count"
"""XLA flag for the number of CPU devices; with `LEAST_DEVICES` or more it does not change results."""

COUNT = "jax_num_cpu_devices"

THREADS = "NPROC"
"""Environment variable for the threads that all devices of XLA:CPU share; it does not change results."""


def configure(*, cache: bool = True) -> None:
    """Configures JAX for training populations: all CPU cores, compiled loops, the same bits on every x86-64 processor
    with AVX2, a quiet compiler, a compilation cache.

    Args:
        cache: whether compiled programs are kept in the user's cache folder, where later processes find them and start
            faster.

    Raises:
        RuntimeError: JAX has already initialized its devices in another way, as it does for the first array.

    Example:
        >>> lt.configure()  # Before the first array.
    """
    cache = arguments.switch("cache", cache)
    try:
        use_every_core()
        choose_code()
    except RuntimeError:  # Its message, a page long, does not mention this function.
        hint = "lt.configure() must come before the first JAX operation; restart the process, or the notebook's kernel"
        raise RuntimeError(hint) from None
    quiet_compiler()
    if cache:
        cache_compilations()


def choose_code() -> None:
    """Makes XLA:CPU compile whole loops, and take the same kernels on every x86-64 processor with AVX2.

    Recurrences of small matrices then run about twice as fast. Where the user has set an option, it is kept; nothing is
    set if JAX may choose an accelerator. This changes the last bits of results, and has an effect only before JAX
    initializes its devices.
    """
    if _accelerated():
        return
    processor.fix(processor.ONEDNN)
    flags = os.environ.get("XLA_FLAGS", "")
    ours = (LOOPS, *(PORTABLE if jaxlib.version.__version__ in TRIED and processor.fixable() else ()))
    if missing := [flag for flag in ours if flag.partition("=")[0] not in flags]:
        count = jax.config.values[COUNT]
        for number in (count + 1, count):  # Another number is refused once JAX has initialized its devices.
            jax.config.update(COUNT, number)
        os.environ["XLA_FLAGS"] = " ".join([flags, *missing]).strip()


def quiet_compiler() -> None:
    """Keeps XLA from logging, unless the user has set a log level or JAX may choose an accelerator.

    If compiling takes minutes, XLA logs an error that asks for a bug report. No XLA flag turns that off alone: on a CPU
    everything below fatal errors is left out, such as warnings that constants are folded slowly or that a program in
    the compilation cache is for another processor. Errors that end a computation are still raised. On accelerators,
    logged errors may be about results, and are kept.
    """
    unset = os.environ.get("TF_CPP_MIN_LOG_LEVEL", "1") == "1" and "JAX_LOGGING_LEVEL" not in os.environ  # 1 is JAX's.
    if unset and not _accelerated():
        with contextlib.suppress(ImportError, AttributeError):  # Later versions may have it elsewhere.
            importlib.import_module("jaxlib.utils").absl_set_min_log_level(3)


def _accelerated() -> bool:
    """Whether JAX may choose an accelerator, as far as is known before it initializes its devices."""
    if platforms := jax.config.values["jax_platforms"]:
        return platforms.split(",")[0] != "cpu"
    return any(importlib.util.find_spec(plugin) is not None for plugin in ("jax_plugins", "libtpu"))


def cache_compilations() -> None:
    """Keeps compiled programs in the user's cache folder, if possible, unless the user has set another."""
    if jax.config.values["jax_compilation_cache_dir"] is None:
        with contextlib.suppress(OSError, RuntimeError):  # The folder cannot be created, or the user has no home.
            folder = files.cache_folder() / "xla"
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def use_every_core() -> None:
    """Makes one JAX device of each available CPU core, at least `LEAST_DEVICES`.

    XLA computes a small program on one core of a device, so several cores need several devices. A device count in
    ``XLA_FLAGS`` or ``JAX_NUM_CPU_DEVICES`` is kept. XLA then gets as many threads as devices, unless the user has set
    them, too: with two threads, one device passes work between them and takes 1.5 times the CPU time.
    """
    flag = re.search(f"{DEVICE_COUNT}=(\\d+)", os.environ.get("XLA_FLAGS", ""))
    chosen = int(flag[1]) if flag else jax.config.values[COUNT]
    if chosen != -1:
        if chosen > 0:  # Without threads XLA ends the process, without a message.
            os.environ.setdefault(THREADS, str(chosen))
        return
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    jax.config.update(COUNT, max(LEAST_DEVICES, cores))


DEVICE_VARIABLES = ("JAX_PLATFORMS", "JAX_DEFAULT_DEVICE", "JAX_NUM_CPU_DEVICES")
"""Environment variables that choose devices."""


class Unusable(Exception):
    """JAX cannot be used as it is configured; the message is one line."""


def start() -> None:
    """Initializes the devices, and computes something on one of them; raises Unusable if that fails."""
    for name in ("jax_disable_jit", "jax_debug_infs"):  # Training would end late, in a traceback.
        if jax.config.values[name]:
            raise Unusable(f"{name.upper()} prevents training; unset it")
    if "JAX_NUMPY_DTYPE_PROMOTION" in os.environ:
        jax.config.update("jax_numpy_dtype_promotion", "standard")  # Optax mixes types.
    try:
        jax.block_until_ready(jnp.zeros(()) + 1)
    except Exception as error:  # Backends raise many types.
        variables = ", ".join(f"{name}={os.environ[name]}" for name in DEVICE_VARIABLES if name in os.environ)
        chosen = f" as requested by {variables}" if variables else ""
        raise Unusable(f"JAX does not start{chosen}: {message(error)}") from None


def describe() -> str:
    """Describes the devices and the user's XLA flags in one line."""
    chosen = [flag for flag in os.environ.get("XLA_FLAGS", "").split() if flag not in (LOOPS, *PORTABLE)]
    flags = f"; XLA_FLAGS: {' '.join(chosen)}" if chosen else ""
    return f"{jax.device_count()} x {jax.devices()[0].device_kind}{flags}"


def fingerprint(block: int, *, lapack: bool = False) -> dict[str, Any]:
    """Returns everything that bit-identical results depend on, apart from code and settings.

    Args:
        block: number of networks that one compiled program computes, which changes the last bits; see `lt.train`.
        lapack: whether programs call LAPACK, whose bits depend on the processor.

    Returns:
        JSON values by name: the versions of packages, the processor or, where bits do not depend on it, the
        instructions that it needs, the accelerator, XLA flags, variables of oneDNN, a digest of JAX's options, whether
        there are several devices, and ``block``.

    Raises:
        ValueError: ``block`` is not a whole number, or negative.

    Example:
        >>> fingerprint(block=4)["block"]
        4
    """
    block = arguments.whole("block", block, least=0)
    return {
        "lstm_toys": lstm_toys.__version__,
        "jax": jax.__version__,
        "jaxlib": jaxlib.version.__version__,
        "flax": flax.__version__,
        "optax": optax.__version__,
        "platform": jax.default_backend(),
        "device": jax.devices()[0].device_kind,
        "processor": processor.name() if lapack or not portable() else processor.V3,
        "xla_flags": xla_flags(),
        "onednn": processor.of_onednn(),
        "block": block,
        "switches": hashlib.sha256(repr(switches()).encode()).hexdigest()[:16],
        "several_devices": jax.device_count() >= LEAST_DEVICES,
    }


def switches() -> dict[str, str]:
    """JAX's switches with their values, as text, apart from `HARMLESS` ones."""
    return {name: str(value) for name, value in sorted(jax.config.values.items()) if not HARMLESS.search(name)}


def xla_flags() -> list[str]:
    """The XLA flags, without the number of devices, which does not change results."""
    return [flag for flag in os.environ.get("XLA_FLAGS", "").split() if not flag.startswith(DEVICE_COUNT)]


def portable() -> bool:
    """Whether XLA computes the bits here that it computes on every x86-64 processor with AVX2."""
    ours = {*xla_flags()} == {LOOPS, *PORTABLE} and processor.of_onednn() == processor.ONEDNN
    return ours and jaxlib.version.__version__ in TRIED and jax.default_backend() == "cpu" and processor.fixable()


Part = TypeVar("Part")
Result = TypeVar("Result")


class Executor:
    """Computes the parts of a run one after another in this process; `lstm_toys.execution.cluster` has another one.

    Attributes:
        workers: number of processes that share the parts.
    """

    workers = 1

    @property
    def devices(self) -> int:
        """The number of devices of each worker; 1 if unknown."""
        return jax.device_count()

    def map(
        self, function: Callable[[Part], Result], parts: Iterable[Part], stop: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[Part, Result]]:
        """Computes parts, and yields each with its result, in any order; raises Stopped once ``stop`` returns True.

        Workers get ``function`` pickled, once for all of its parts.
        """
        for part in parts:
            if stop():
                raise Stopped
            yield part, function(part)
