"""This process as an executor: how JAX is configured, and what XLA says meanwhile."""

import os

import jax.numpy as jnp
import pytest

import lstm_toys as lt
from conftest import process


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
