"""Switches of JAX and Flax: each of them counts, or is known to change no bits, however it is set."""

import json
import os
import re
import subprocess
import sys

import flax
import jax
import jax.numpy as jnp
import pytest

import lstm_toys as lt
from lstm_toys.execution import devices
from lstm_toys.execution.switches import SWITCHES, UNCOUNTED, UNREAD, switches

PROGRAM = """
import json, sys
from lstm_toys.execution.switches import switches
early = switches()
assert not {"jax", "flax"} & sys.modules.keys()
import jax
alone = switches()
import flax
print(json.dumps([early, alone, switches()]))
"""
FLAX = vars(flax.config)["_values"]
PRESENT = jax.config.values.keys() | FLAX.keys()
"""Switches of these versions; others have more or fewer."""

OTHERS = {
    "jax_default_device": "cpu",
    "jax_pjrt_client_create_options": "a:1",
    "jax_logging_level": "WARNING",
    "jax_compilation_cache_dir": "",
    "jax_platforms": "cpu",
}
"""Values other than the defaults, of switches that take some texts only."""


def read(environment):
    """What a process says of its switches: before JAX is loaded, with JAX, and with Flax too."""
    ours = {name for name in os.environ if name.lower() in PRESENT}
    inherited = {name: value for name, value in os.environ.items() if name not in ours}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**inherited, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def other(name):
    """Text that sets a switch of JAX to something else than its default."""
    kind, _, more = jax.config.meta[name]
    default = SWITCHES.get(name, jax.config.values[name])
    if name in OTHERS:
        return OTHERS[name]
    if kind == "enum":
        return next(value for value in more["enum_values"] if value not in (default, "disallow"))
    if kind == "enum_class":
        return next(each.name.lower() for each in more["enum_class"] if each.name.lower() not in (default, "warn"))
    if kind is bool:
        return "no" if default else "Yes"
    return str(kind(default or 0) + 1) if kind in (int, float) else "another"


def test_every_switch_of_jax_and_flax_is_known():
    assert SWITCHES.keys() | UNCOUNTED >= PRESENT
    assert not SWITCHES.keys() & UNCOUNTED


def test_no_switch_counts_that_is_at_its_default():
    assert read({}) == [{}, {}, {}]
    told = {name.upper(): str(value) for name, value in SWITCHES.items() if value is not None}
    assert read(told) == [{}, {}, {}]


def test_a_switch_that_is_set_counts_whether_jax_is_loaded_or_not():
    told = {name.upper(): other(name) for name in jax.config.values}
    told |= {name.upper(): str(not default) for name, default in FLAX.items() if isinstance(default, bool)}
    early, alone, both = read(told)
    assert early == alone == both
    assert early.keys() == (SWITCHES.keys() & PRESENT) - UNREAD


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
def test_a_switch_that_a_program_sets_counts_too(config, name, value, told):
    before = {**jax.config.values, **FLAX}[name]
    config.update(name, value)
    try:
        found = lt.fingerprint(block=1)["switches"]
    finally:
        config.update(name, before)
    assert found == ({} if told is None else {name: told})
    assert switches() == {}


@pytest.mark.long
def test_switches_that_do_not_count_leave_programs_as_they_are():
    model, curve = lt.Stack(features=1, hidden=(2,)), jnp.ones((1, 3, 1))

    def programs():
        jax.clear_caches()
        key, params = jax.random.key(0), jax.eval_shape(model.init, jax.random.key(0), curve)
        grads = jax.grad(lambda params: model.apply(params, curve).sum())
        return jax.jit(model.init).lower(key, curve).as_text(), jax.jit(grads).lower(params).as_text()

    def change(name):
        before, kind = jax.config.values[name], jax.config.meta[name][0]
        try:
            jax.config.update(name, not before if kind is bool else kind(other(name)) if kind is int else other(name))
            return programs() != expected
        finally:
            jax.config.update(name, before)

    expected = programs()
    # Not those of devices, caches and logs.
    apart = re.compile("jax_(.*(platform|backend|cpu_devices|_cache|dump_ir|log).*|explain.*)")
    names = [name for name in jax.config.values if name in UNCOUNTED and not apart.fullmatch(name)]
    assert len(names) > 30
    assert [name for name in names if change(name)] == []
    assert change("jax_threefry_partitionable")


def test_a_switch_of_a_later_jax_is_refused_where_the_environment_sets_it(monkeypatch):
    monkeypatch.setattr(devices, "UNCOUNTED", UNCOUNTED - {"jax_pprint_use_color"})
    devices.start()
    monkeypatch.setenv("JAX_PPRINT_USE_COLOR", "0")
    with pytest.raises(devices.Unusable, match=r"^JAX_PPRINT_USE_COLOR=0: an unknown switch of jax \S+; unset it$"):
        devices.start()


def test_a_variable_that_jax_does_not_know_is_ignored(monkeypatch):
    monkeypatch.setenv("JAX_VERSION", "0.1")
    devices.start()
    assert switches() == {}
    assert read({"JAX_VERSION": "0.1"}) == [{}, {}, {}]
