"""Populations: bitwise the same in any company, and each network trained as it would be alone."""

import contextlib
import dataclasses
import gc
import os
import weakref
from itertools import product
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from parts import switched

import lstm_toys as lt
from conftest import hyper, process, rarely
from lstm_toys.execution import signals
from lstm_toys.networks import training
from lstm_toys.networks.stack import Stack
from lstm_toys.populations import answering, blocks, programs, train
from lstm_toys.populations.checkpoints import Checkpoints
from lstm_toys.populations.programs import specify
from lstm_toys.tasks import families
from lstm_toys.tasks.curve_tasks import reproduce

ROOT = Path(__file__).parents[2]
MODEL = Stack(1, (4,))
X = families.time_points(20)
SINE = {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}
TASK = reproduce("sine", SINE, X)
HOW = training.Procedure(TASK, MODEL, "sgd")
CURVES = np.random.default_rng(0).uniform(size=(9, 20, 1)).astype(np.float32)


def trained(seeds=3, steps=40, task=TASK, **options):
    return train.train(task, MODEL, seeds=seeds, steps=steps, **{"learning_rate": 0.1, **options})


def watched(seeds=3, learning_rate=0.1, **how):
    """The same training, as commands stop it and continue it."""
    specified = specify(TASK, MODEL, seeds=seeds, steps=40, learning_rate=learning_rate)
    training = train.PopulationTraining(*specified, **how)
    return training, training.networks()


def one(params, seed):
    """The parameters of one network."""
    return jax.tree.map(lambda leaf: jnp.asarray(leaf[seed]), params)


def same(ours, theirs):
    jax.tree.map(np.testing.assert_array_equal, ours, theirs)


IN_DOUBLE_PRECISION = """
import jax, jax.numpy as jnp, numpy as np, lstm_toys as lt
curves = np.sin(np.arange(20, dtype=np.float32))[None, :, None]
def drawn(key, numbers):
    shown = jax.random.normal(key, (2, 20, 1), jnp.float32)
    return shown, jnp.cumsum(shown, axis=1)
common = {"seeds": 2, "steps": 4, "learning_rate": 0.1, "early_stopping": lt.EarlyStopping(best=True)}
networks = lt.train(lt.reproduce(curves), lt.Stack(1, (4,)), **common)
further = lt.train(lt.Task(drawn, ("x",), ("sum",), True, fresh=True), lt.Stack(1, (4,)), initial=networks, **common)
for each in (networks, further):
    assert {leaf.dtype for leaf in jax.tree.leaves(each.params)} == {np.dtype(np.float64)}
    assert np.isfinite(each.results.training.train_loss).all()
"""


def test_in_double_precision_networks_also_train_on_examples_in_single_precision():
    process("-c", IN_DOUBLE_PRECISION, env={"JAX_ENABLE_X64": "1"})


@pytest.fixture(scope="module")
def networks():
    """Three networks after forty steps."""
    return trained()


def stop_after(calls):
    """Says yes when it has been asked that many times."""
    left = iter(range(calls))
    return lambda: next(left, None) is None


def write_losses(file):
    """Writes those of populations of three sizes, and a checkpoint: in a process with some number of devices."""
    losses = {str(seeds): trained(seeds).results.training.train_loss for seeds in (1, 5, 16)}
    with contextlib.suppress(signals.Stopped):
        watched(16, checkpoints=Checkpoints(Path(file).with_suffix(""), 1e9), stop=stop_after(1))
    np.savez(file, **losses, devices=jax.device_count())


WRITE = """
import sys, conftest, jax
jax.config.update("jax_num_cpu_devices", int(sys.argv[1]))  # After that of `conftest`, before the first array.
import test_train
test_train.write_losses(sys.argv[2])
"""


@pytest.mark.long
def test_a_seed_is_the_same_in_any_company_on_any_devices(tmp_path):
    """And a training that three devices began continues on the two that are here, compiled as there."""
    runs, path = [], {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "tests", Path(__file__).parent)))}
    for count in (1, 2, 3):
        process("-c", WRITE, str(count), tmp_path / f"{count}.npz", unset="JAX_NUM_CPU_DEVICES", env=path)
        runs.append(dict(np.load(tmp_path / f"{count}.npz")))
    assert [int(run["devices"]) for run in runs] == [1, 2, 3]
    expected = runs[0]["16"]
    assert len(np.unique(expected, axis=0)) == 16
    for run, seeds in product(runs, (1, 5, 16)):
        np.testing.assert_array_equal(run[str(seeds)], expected[:seeds], strict=True)
    with switched(digests=True):  # As in those processes.
        training, continued = watched(16, checkpoints=Checkpoints(tmp_path / "3", 1e9))
    assert training.member_steps < 16 * 40
    losses = continued.results.training.train_loss.values
    np.testing.assert_array_equal(losses, expected, strict=True)


def test_trainings_of_a_task_share_programs_which_do_not_keep_the_task_alive():
    task = reproduce("sine", SINE, X)
    (first, _), (second, _) = (specify(task, MODEL, seeds=seeds, steps=3, learning_rate=0.1) for seeds in (2, 3))
    assert programs.programs_of(first.procedure) is programs.programs_of(second.procedure)
    trained(seeds=2, steps=3, task=task)
    kept = weakref.ref(task)
    del task, first, second
    gc.collect()
    assert kept() is None


def test_an_answer_is_that_of_its_network_alone_whoever_and_whatever_else_is_asked(networks):
    every = answering.answers(networks, CURVES)
    for seed in range(3):
        alone = MODEL.apply({"params": one(networks.params, seed)}, jnp.asarray(CURVES))
        np.testing.assert_allclose(every[seed], alone, atol=1e-6)
    for chosen in (slice(1), slice(2, 5)):
        some = answering.answers(networks, CURVES[chosen])
        np.testing.assert_array_equal(some, every[:, chosen], strict=True)
    for chosen in ([2], [2, 0, 1, 1, 2]):
        np.testing.assert_array_equal(answering.answers(networks[chosen], CURVES), every[chosen])


def test_many_and_long_curves_are_answered_in_pieces(networks, monkeypatch):
    several = networks[[0, 1, 2, 0, 1, 2, 0]]
    expected = answering.answers(several, CURVES)
    monkeypatch.setattr(blocks, "GROUP_MEMBERS", 4)
    monkeypatch.setattr(answering, "POINTS", 40)
    assert answering.curve_block(20) == 2
    found = answering.answers(several, CURVES, block=1)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_array_equal(answering.answers(several, CURVES[5:6], block=1), found[:, 5:6])


def test_neither_groups_nor_several_step_budgets_change_a_bit(networks, monkeypatch):
    monkeypatch.setattr(blocks, "GROUP_MEMBERS", 4)
    budgets = trained(9, steps=(7, 0, 40))
    assert budgets.steps == (0, 7, 40)
    for chosen, alone in ((slice(3), networks), (slice(8, 9), trained(np.array([8])))):
        np.testing.assert_array_equal(budgets[chosen].results.training.train_loss, alone.results.training.train_loss)
        same(budgets[chosen].params, alone.params)
    same(budgets.at(7).params, trained(9, steps=7).params)


def drawn(key, _):
    inputs = jax.random.normal(key, (2, 3, 1))
    return lt.Examples(inputs, jnp.tanh(inputs))


def fresh(**options):
    """A task that draws new examples at every step."""
    return lt.Task(drawn, ("y",), ("y",), sequence=True, **{"fresh": True, **options})


FEW = families.time_points(3)
SHORT = reproduce("sine", SINE, FEW)
BATCHES = reproduce(jnp.stack([FEW, 0.3 - 0.2 * FEW])[..., None], batch=1)


@pytest.mark.parametrize(
    ("task", "model", "options"),
    [
        (TASK, MODEL, {"optimizer": "sgd", "noise": 0.1, "base_seed": 7}),
        *rarely(
            (fresh(), Stack(1, (4,), gates="hard"), {"optimizer": "rmsprop_keras", "noise": 0.1}),
            (BATCHES, Stack(1, (3,), gates="hard"), {"optimizer": "rmsprop_keras", "noise": 0.1}),
            (SHORT, Stack(1, (3, 2), "dense"), {"optimizer": "momentum"}),
            (BATCHES, Stack(1, (3,)), {"optimizer": "rmsprop"}),
            (BATCHES, Stack(1, (3,)), {"optimizer": "adam"}),
        ),
    ],
    ids=lambda value: value.get("optimizer") if isinstance(value, dict) else "",
)
def test_the_engine_computes_what_the_reference_does(task, model, options):
    options = {"steps": 3, "learning_rate": 0.01, **options}
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        networks = train.train(task, model, seeds=3, **options)
        losses, params = reference.train(task, model, seed=2, **options)
    found = networks.results.training.train_loss[2]
    np.testing.assert_allclose(found, losses[found.step.values], rtol=1e-4)
    # RMSprop and Adam make a step of full size of a gradient that is all rounding.
    atol = 2e-5 if options["optimizer"] in ("sgd", "momentum") else 2e-4
    jax.tree.map(lambda ours, its: np.testing.assert_allclose(ours[2], its, atol=atol), networks.params, params)


def test_every_step_has_examples_of_its_own():
    member = training.init(HOW, jax.random.key(3), hyper(0.1))
    first, again, later = (
        training.training_set(fresh(), member.key, member.hyper, jnp.int32(step)) for step in (4, 4, 5)
    )
    np.testing.assert_array_equal(first.inputs, again.inputs)
    assert not np.isin(first.inputs, later.inputs).any()


def test_a_validation_set_larger_than_a_step_is_recorded_at_fewer_steps():
    ones = jnp.ones((16, 3, 1))  # A step takes 2.
    for validation, steps in ((lt.Examples(ones, ones), [0, 24, 48, 50]), (drawn, range(51))):
        specified, _ = specify(fresh(validation=validation), MODEL, seeds=1, steps=50, learning_rate=0.1)
        assert specified.recorded.tolist() == [*steps]


def test_the_monitor_is_told_of_every_recorded_step(monkeypatch):
    monkeypatch.setattr(blocks, "GROUP_MEMBERS", 4)
    told = []
    networks = trained(9, steps=7, monitor=told.append)
    assert [recorded.step for recorded in told] == [*range(8), *range(8)]
    for members, part in ((slice(8), told[:8]), (slice(8, 9), told[8:])):
        recorded = networks[members].results.training.train_loss
        np.testing.assert_array_equal(recorded.T, [recorded.losses for recorded in part])
        rmse = networks[members].results.training.train_rmse[..., 0]
        np.testing.assert_array_equal(rmse.T, [recorded.measures["train_rmse/y"] for recorded in part])
    assert all(recorded.sound.all() for recorded in told)


def test_a_diverging_member_keeps_its_last_sound_state_and_leaves_the_others_alone(networks):
    """Bitwise, although they share a block."""
    rates = np.array([0.1, 1e6, 0.1, 1e30], np.float32)
    mixed, untrained = trained(4, learning_rate=rates), trained(4, steps=0)
    np.testing.assert_array_equal(mixed.diverged, rates > 1)
    np.testing.assert_array_equal(mixed.results.sound_step, [40, 0, 40, 0])
    np.testing.assert_array_equal(*(each[[0, 2]].results.training.train_loss for each in (mixed, networks)))
    for seed, expected in enumerate((networks, untrained, networks, untrained)):
        same(one(mixed.params, seed), one(expected.params, seed))
    with pytest.raises(train.Diverged) as error:
        watched(4, rates, on_divergence="stop")
    assert error.value.args == ([1, 3], 40)


SPOILED = {
    "well": (np.inf, 0.0, True),
    "worse than untrained": (0.0, 0.0, False),
    "nan": (np.inf, np.nan, False),
    "infinite": (np.inf, np.inf, False),
    "beyond the limit": (np.inf, -1001.0, False),
    "at the limit": (np.inf, 999.0, True),
}
"""The loss of the untrained network, one bias, and whether the network is sound."""


def test_a_network_is_sound_while_it_is_no_worse_than_untrained_and_bounded():
    """With fresh examples a loss that rises is no divergence."""
    member = training.init(HOW, jax.random.key(0), hyper(0.1))
    record, of_fresh = (
        jax.jit(lambda member, how=how: training.record(how, member, jnp.int32(7)))
        for how in (HOW, HOW._replace(task=dataclasses.replace(TASK, fresh=True)))
    )
    assert of_fresh(member._replace(sound=member.sound._replace(first_loss=jnp.float32(0.0))))[1].sound
    for case, (first_loss, bias, sound) in SPOILED.items():
        params = jax.tree.map(lambda leaf: leaf, member.params)
        params["lstm_0"]["bias"] = params["lstm_0"]["bias"].at[0].set(bias)
        before = member.sound._replace(first_loss=jnp.float32(first_loss))
        after, recorded = record(member._replace(params=params, sound=before))
        assert recorded.sound == sound, case
        assert after.sound.step == (7 if sound else 0), case
        same(after.sound.params, params if sound else member.params)


def test_a_call_between_records_changes_nothing(networks, monkeypatch):
    monkeypatch.setattr(programs, "RECORDS", 4)
    monkeypatch.setattr(train, "CALL_SECONDS", 0.0)
    asked = []
    _, split = watched(stop=lambda: asked.append(1))
    assert len(asked) >= 40
    np.testing.assert_array_equal(split.results.training.train_loss, networks.results.training.train_loss[:, ::10])
    same(split.params, networks.params)


def test_each_combination_is_the_training_of_its_own():
    options = {"optimizer": "momentum", "steps": 12, "base_seed": 9}
    tried = lt.tune(TASK, MODEL, {"learning_rate": [1e6, 0.01]}, seeds=3, **options)
    assert [each.settings["learning_rate"] for each in tried] == [0.01, 1e6]
    alone = lt.train(TASK, MODEL, seeds=3, learning_rate=0.01, **options)
    np.testing.assert_array_equal(tried[0].losses, alone.results.training.train_loss[:, -1])
    assert tried[0].median.value == np.median(tried[0].losses)
    assert np.isinf(tried[1].losses).all()
    with pytest.raises(ValueError, match=r"hidden belongs to the model; tune each lt.Stack\("):
        lt.tune(TASK, MODEL, {"hidden": [4, 8]}, seeds=3, **options)
    with pytest.raises(ValueError, match="seeds must be different"):
        lt.tune(TASK, MODEL, {"learning_rate": [0.1, np.float32(0.1)]}, seeds=3, **options)


def test_every_setting_that_varies_is_a_coordinate_of_results(tmp_path):
    options = {"steps": 3, "noise": np.repeat([0.0, 0.1], 2), "learning_rate": np.full(4, 0.1)}
    trained = lt.train(TASK, MODEL, seeds=np.array([0, 1, 0, 1]), **options)
    lt.save(trained, tmp_path)
    for networks in (trained, lt.load(tmp_path)):
        for node in (networks.results, networks.results.training):
            assert node.noise.dims == ("seed",)
            assert "learning_rate" not in node.coords
        losses = networks.results.training.train_loss
        assert {*losses.to_dataframe().reset_index().columns} == {"seed", "step", "noise", "train_loss"}
        np.testing.assert_array_equal(losses.groupby("noise").max()[1], losses[2:].max("seed"))
        assert networks.sel(noise=0.1).results.training.noise.values.tolist() == np.float32([0.1, 0.1]).tolist()


@given(st.integers(1, 2_000), st.integers(1, 9), st.integers(1, 5), st.integers(1, 5))
def test_groups_hold_every_member_once(members, block, begun_on, devices):
    """Also where a training is continued with another number of devices."""
    size = blocks.group_size(members, block, begun_on)
    assert size <= begun_on * max(blocks.GROUP_MEMBERS, block)
    groups = list(blocks.groups(members, size, block, devices))
    assert len({group.shape for group in groups}) == 1
    assert groups[0].shape[0] % devices == 0
    assert groups[0].shape[1] == block
    flat = np.concatenate([group.ravel()[:size] for group in groups])
    np.testing.assert_array_equal(flat, np.arange(len(flat)))
    assert members <= len(flat)


LAYERS = "lstm_0: hidden, cell; readout: hidden, cell"
SHOWN, OTHER = jnp.zeros((1, 20, 1)), {"cell": np.zeros((1, 1, 5)), "hidden": jnp.zeros((1, 5))}
BY_NUMPY = lt.Task(lambda key, _: (np.asarray(jax.random.normal(key, SHOWN.shape)), SHOWN), ("y",), ("y",), True)
MISTAKES = {
    f"the penalty finds no 'gru_0'; states by layer and name are {LAYERS}": lambda _: trained(
        penalty=lambda _, states, *__: states["gru_0"]["hidden"].mean()
    ),
    "JAX traces this function; use jax.numpy instead of NumPy, float and if": lambda _: trained(task=BY_NUMPY),
    "{'lstm_0': {'cell': float64[1, 1, 5], 'hidden': float32[1, 5]}}": lambda networks: lt.answers(
        networks, SHOWN, initial={"lstm_0": OTHER}
    ),
}


@pytest.mark.parametrize("told", MISTAKES)
def test_mistakes_are_told_in_one_line_by_names_and_shapes(told, networks):
    with pytest.raises((ValueError, TypeError)) as raised:
        MISTAKES[told](networks)
    assert str(raised.value).endswith(told)
    assert "\n" not in str(raised.value)
