"""Switches of JAX and Flax: each that is set counts, or is known to change no bits, however it is set."""

import json
import os

import pytest

from conftest import process
from lstm_toys.execution.switches import HARMLESS

PROGRAM = """
import json
{first}
import lstm_toys
{then}
from lstm_toys.execution.switches import switches, variables
print(json.dumps([switches(), variables()]))
"""


def told(then="", first="", **environment):
    """The switches and the variables that a process sees, which imports JAX before or after the library."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("JAX_", "FLAX_"))}
    return json.loads(process("-c", PROGRAM.format(first=first, then=then), env={**inherited, **environment}).stdout)


X64 = 'import jax; jax.config.update("jax_enable_x64", True); jax.config.update("jax_log_compiles", True)'


@pytest.mark.parametrize("first", ["", X64])
def test_a_switch_that_a_program_sets_is_told(first):
    """Before it imports the library, or after."""
    assert told(first=first, then="" if first else X64)[0] == {"jax_enable_x64": "True"}


def test_a_variable_is_told_as_text_whether_or_not_jax_is_loaded():
    environment = {"JAX_DEFAULT_MATMUL_PRECISION": "highest", "JAX_LOG_COMPILES": "1", "JAX_LATER_SWITCH": "3"}
    switches = {"jax_default_matmul_precision": "highest", "jax_later_switch": "3"}
    for then in ("", "import jax, flax"):
        found, variables = told(then, **environment)
        assert found == switches
        assert variables == {name.upper(): value for name, value in switches.items()}


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
