"""This process as an executor: how JAX is configured, and what XLA says meanwhile."""

import json
import os
import platform
import time
from pathlib import Path

import jax.numpy as jnp
import pytest

import lstm_toys as lt
from conftest import process
from lstm_toys import modules
from lstm_toys.execution import devices


def refused(path, *_, **__):
    raise FileNotFoundError(path)


def test_a_system_without_proc_says_less_of_its_processor_and_of_the_beginning(monkeypatch):
    told = devices.processor()
    monkeypatch.setattr(devices, "open", refused, raising=False)
    assert devices.processor() == (platform.processor() or platform.machine()) != told
    for module, name, value in ((Path, "read_text", refused), (time, "CLOCK_BOOTTIME", None)):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, value) if value else patch.delattr(module, name)
            before = time.time()
            assert before <= modules._began() <= time.time()
    assert modules._began() < before


ELSEWHERE = """
import errno, fcntl, os, runpy, sys, time, traceback

def without(event, given):
    if event == "open" and str(given[0]).startswith("/proc"):
        near = traceback.extract_stack(limit=8)
        if not any("site-packages" in each.filename for each in near):  # Packages have other ways on other systems.
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), given[0])

def unlocked(*_):
    raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

sys.addaudithook(without)
fcntl.flock = unlocked
del os.sched_getaffinity, time.CLOCK_BOOTTIME
runpy.run_module("experiments.sine", run_name="__main__")
"""


@pytest.mark.long
def test_a_command_needs_neither_proc_nor_locks(tmp_path):
    """Taken away from a process, as on another system or on a network file system."""
    line = ["--seeds=2", "--steps=20", f"--results_dir={tmp_path}", "--publish"]
    process("-c", ELSEWHERE, *line)
    made = json.loads((tmp_path / "sine" / "metrics.json").read_text())
    assert made["fingerprint"]["processor"] == (platform.processor() or platform.machine())
    assert process("-c", ELSEWHERE, *line).stdout.count("already finished") == 1


def test_a_configuration_that_comes_too_late_is_refused_in_one_sentence(monkeypatch):
    jnp.zeros(())  # Now JAX has its devices.
    lt.configure()  # Which are configured like this already.
    monkeypatch.setenv("XLA_FLAGS", "")
    with pytest.raises(RuntimeError, match=r"^lt\.configure\(\) must come before the first JAX operation") as raised:
        lt.configure()
    assert raised.value.__suppress_context__
    assert "\n" not in str(raised.value)


SLOW = """
import jax, lstm_toys as lt
lt.configure(cache=False)
ones = jax.lax.broadcast(1.0, (200, 200))  # A constant that XLA folds for seconds.
jax.jit(lambda: jax.lax.reduce_window(ones, 0.0, jax.lax.add, (9, 9), (1, 1), "SAME")).lower().compile()
"""


@pytest.mark.long
@pytest.mark.parametrize(("chosen", "says"), [({}, ""), ({"TF_CPP_MIN_LOG_LEVEL": "0"}, "slow_operation_alarm")])
def test_xla_asks_for_no_bug_report_unless_the_user_listens(chosen, says):
    told = process("-c", SLOW, env={**os.environ, "JAX_ENABLE_COMPILATION_CACHE": "0", **chosen}).stderr
    assert says in told
    assert bool(says) == bool(told)
