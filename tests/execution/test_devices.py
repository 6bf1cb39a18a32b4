"""This process as an executor: how JAX is configured, and what XLA says meanwhile."""

import json
import platform
import time
from pathlib import Path
from types import SimpleNamespace

import jax.numpy as jnp
import pytest

import lstm_toys as lt
from conftest import process, rarely
from lstm_toys import modules, processor
from lstm_toys.execution import devices


def refused(path, *_, **__):
    raise FileNotFoundError(path)


def test_a_system_without_proc_says_less_of_its_processor_and_of_the_beginning(monkeypatch):
    known = processor.name()
    monkeypatch.setattr(processor, "_described", processor._described.__wrapped__)
    monkeypatch.setattr(processor, "open", refused, raising=False)
    assert processor.name() == (platform.processor() or platform.machine()) != known
    assert not processor.fixable()
    for module, name, value in ((Path, "read_text", refused), (time, "CLOCK_BOOTTIME", None)):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, value) if value else patch.delattr(module, name)
            before = time.time()
            assert before <= modules._began() <= time.time()
    assert modules._began() < before


def test_a_configuration_that_comes_too_late_is_refused_in_one_sentence(monkeypatch):
    jnp.zeros(())  # Now JAX has its devices.
    lt.configure()  # Which are configured like this already.
    monkeypatch.setenv("XLA_FLAGS", "")
    with pytest.raises(RuntimeError, match=r"^lt\.configure\(\) must come before the first JAX operation") as raised:
        lt.configure()
    assert raised.value.__suppress_context__
    assert "\n" not in str(raised.value)


FINGERPRINT = """
import json, os, sys
import lstm_toys as lt

in_time = lt.fix_numpy()
lt.configure(cache=False)
from lstm_toys.execution import devices

about = devices.fingerprint(2)
about |= {"numpy": [os.environ.get(name) for name in ("NPY_DISABLE_CPU_FEATURES", "OPENBLAS_CORETYPE")]}
print(json.dumps({**about, "in time": in_time}))
"""

FIXED, KIND = {"ONEDNN_MAX_CPU_ISA": "AVX2"}, ["X86_V4", "Haswell"]
UNSET = ("XLA_FLAGS", *processor.ONEDNN, *processor.NUMPY)


def described(first="", **chosen):
    """The fingerprint in a process of its own, with environment variables that the user has chosen alone."""
    return json.loads(process("-c", first + FINGERPRINT, unset=UNSET, env=chosen).stdout)


fixable = pytest.mark.skipif(not processor.fixable(), reason="needs an x86-64 processor with AVX2")


@fixable
def test_every_processor_with_avx2_is_of_one_kind():
    told = described()
    assert (told["processor"], told["onednn"], told["numpy"]) == ("x86-64-v3", FIXED, KIND)
    assert told["in time"]


OWN = {"NPY_DISABLE_CPU_FEATURES": "", "OPENBLAS_CORETYPE": "Sandybridge"}


@fixable
@pytest.mark.parametrize(
    ("first", "chosen", "numpy"),
    [
        ("import numpy\n", {"XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2"}, [None, None]),
        ("", {"ONEDNN_MAX_CPU_ISA": "AVX2_VNNI", **OWN}, [*OWN.values()]),
        *rarely(("", {"XLA_FLAGS": "--xla_cpu_enable_platform_dependent_math=true"}, KIND)),
        *rarely(("", {"XLA_FLAGS": "--xla_backend_extra_options=xla_cpu_disable_loop_unrolling"}, KIND)),
    ],
)
def test_what_users_have_chosen_is_kept_and_names_their_processor(first, chosen, numpy):
    """Also of NumPy, which is fixed only before it is loaded."""
    told = described(first, **chosen)
    assert told["processor"] == processor.name()
    onednn = {name: value for name, value in chosen.items() if name.startswith("ONEDNN")}
    assert (told["onednn"], told["numpy"]) == (onednn or FIXED, numpy)
    assert (chosen.get("XLA_FLAGS") in told["xla_flags"]) == ("XLA_FLAGS" in chosen)
    assert not (first and told["in time"])


def test_other_processors_and_versions_are_left_as_they_are(monkeypatch):
    monkeypatch.setattr(devices, "processor", SimpleNamespace(**vars(processor) | {"fixable": lambda: False}))
    assert devices.fingerprint(2)["processor"] == processor.name()
    monkeypatch.setattr(processor, "features", lambda: {"avx2"})  # Not all that processors with AVX2 have.
    monkeypatch.setattr(processor.os, "environ", {})
    processor.fix(processor.ONEDNN)
    assert not processor.os.environ


SLOW = """
import jax, lstm_toys as lt
lt.configure(cache=False)
ones = jax.lax.broadcast(1.0, (200, 200))  # A constant that XLA folds for seconds.
jax.jit(lambda: jax.lax.reduce_window(ones, 0.0, jax.lax.add, (9, 9), (1, 1), "SAME")).lower().compile()
"""


@pytest.mark.long
@pytest.mark.parametrize(("chosen", "says"), [({}, ""), ({"TF_CPP_MIN_LOG_LEVEL": "0"}, "slow_operation_alarm")])
def test_xla_asks_for_no_bug_report_unless_the_user_listens(chosen, says):
    told = process("-c", SLOW, env={"JAX_ENABLE_COMPILATION_CACHE": "0", **chosen}).stderr
    assert says in told
    assert bool(says) == bool(told)
