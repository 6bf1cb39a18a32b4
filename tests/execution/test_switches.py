"""Switches of JAX and Flax: each of them counts, or is known to change no bits."""

import flax
import jax
import pytest

import lstm_toys as lt
from lstm_toys.execution import devices
from lstm_toys.execution.switches import SWITCHES, UNCOUNTED

FLAX = vars(flax.config)["_values"]


def test_every_switch_of_the_installed_versions_is_known():
    assert SWITCHES.keys() | UNCOUNTED >= jax.config.values.keys() | FLAX.keys()
    assert not SWITCHES.keys() & UNCOUNTED


@pytest.mark.parametrize(
    ("config", "name", "value", "told"),
    [
        (jax.config, "jax_disable_most_optimizations", True, True),
        (jax.config, "jax_default_device", jax.devices()[0], str(jax.devices()[0])),
        (jax.config, "jax_cpu_enable_async_dispatch", False, False),
        (jax.config, "jax_random_seed_offset", 7, 7),
        (jax.config, "jax_traceback_filtering", "off", None),
        (flax.config, "flax_fix_rng_separator", True, True),
    ],
)
def test_a_switch_that_a_program_sets_is_in_the_fingerprint_if_it_may_change_bits(config, name, value, told):
    before = {**jax.config.values, **FLAX}[name]
    config.update(name, value)
    try:
        found = lt.fingerprint(block=1)
    finally:
        config.update(name, before)
    assert (found["block"], found["switches"]) == (1, {} if told is None else {name: told})
    assert lt.fingerprint(block=1)["switches"] == {}


def test_a_switch_of_a_later_jax_is_refused_where_the_environment_sets_it(monkeypatch):
    monkeypatch.setattr(devices, "UNCOUNTED", UNCOUNTED - {"jax_pprint_use_color"})
    devices.start()
    monkeypatch.setenv("JAX_VERSION", "0.1")  # Which JAX does not know.
    devices.start()
    monkeypatch.setenv("JAX_PPRINT_USE_COLOR", "0")
    with pytest.raises(devices.Unusable, match=r"^JAX_PPRINT_USE_COLOR=0: an unknown switch of jax \S+; unset it$"):
        devices.start()
