"""Switches of JAX: each counts with its value, or is known to change no bits, however it is set."""

import json

from conftest import process
from lstm_toys.execution.devices import HARMLESS, switches

PROGRAM = """
import json
{first}
import lstm_toys as lt
lt.configure()
{then}
from lstm_toys.execution.devices import switches
print(json.dumps(switches()))
"""


def told(then="", first="", **environment):
    """The switches that a process sees, which may import JAX before the library."""
    program = PROGRAM.format(first=first, then=then)
    return json.loads(process("-c", program, env=environment).stdout)


def test_switches_are_equal_in_all_processes_but_for_those_that_are_set():
    usual = switches()
    harmless = {"JAX_PLATFORMS": "cpu", "JAX_NUM_CPU_DEVICES": "4", "JAX_LOG_COMPILES": "1"}
    assert told("import flax, jax.experimental.pallas, jax.experimental.multihost_utils", **harmless) == usual
    early = told(first='import jax; jax.config.update("jax_enable_x64", True)', JAX_DEFAULT_MATMUL_PRECISION="highest")
    assert dict(early.items() - usual.items()) == {"jax_enable_x64": "True", "jax_default_matmul_precision": "highest"}


LOUD = """
jax_enable_x64 jax_default_prng_impl jax_random_seed_offset jax_threefry_partitionable jax_error_checking_behavior_nan
jax_use_magma jax_compilation_cache_expect_pgle flax_use_flaxlib jax_disable_jit
"""
QUIET = """
jax_log_compiles jax_compilation_cache_dir jax_debug_nans jax_num_cpu_devices jax_numpy_dtype_promotion
jax_traceback_filtering
"""


def test_what_may_change_bits_is_not_taken_for_harmless():
    assert [name for name in f"{LOUD}{QUIET}".split() if HARMLESS.search(name)] == QUIET.split()
