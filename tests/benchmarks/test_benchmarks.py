"""The benchmarks refuse to time a contestant that does other work than the float64 reference."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks import command, initial, job, plan, reference
from benchmarks.contestants.in_jax import Autodiff, Ours
from benchmarks.parts import stages
from lstm_toys.populations import devices

SMALL = job.Job((4,), 10, 2)
MEMBERS = [0, 1, 2]


@pytest.fixture(scope="module")
def start():
    return initial.start(SMALL, len(MEMBERS))


def disagreement(contestant, start):
    return reference.disagreement(*contestant.state(MEMBERS), *reference.train(start))


@pytest.fixture(autouse=True)
def devices_as_they_are(monkeypatch):
    monkeypatch.setattr(devices, "configure", lambda: None)


def test_the_engine_does_the_work_of_the_reference(start):
    engine = Ours()
    engine.prepare(SMALL, start)
    engine.train(job.CHECKED_STEPS)
    assert reference.agrees(disagreement(engine, start))


def test_the_stages_add_up_to_the_step_of_the_reference(start):
    step = jax.jit(lambda weights: stages.cut(stages.STAGES[-1], jnp.asarray(start.inputs), (weights, None))[0])
    weights = jax.tree.map(lambda leaf: leaf[0], start.weights)
    for _ in range(job.CHECKED_STEPS):
        weights = step(weights)
    expected, _ = reference.train(start)
    jax.tree.map(lambda ours, every: np.testing.assert_allclose(ours, every[0], atol=1e-5), weights, expected)


def test_a_step_too_few_is_refused(start):
    contestant = Autodiff()
    contestant.prepare(SMALL, start)
    contestant.train(job.CHECKED_STEPS - 1)
    assert not reference.agrees(disagreement(contestant, start))
    contestant.train(1)
    assert reference.agrees(disagreement(contestant, start))


def test_other_weights_or_losses_are_refused(start):
    weights, losses = reference.train(start)
    other = jax.tree.map(np.copy, weights)
    other["readout"]["bias"][1, 0] = np.nan
    assert not reference.agrees(reference.disagreement(other, losses, weights, losses))
    assert not reference.agrees(reference.disagreement(weights, losses + 1e-3, weights, losses))
    assert not reference.agrees(reference.disagreement(job.take(weights, [0]), losses, weights, losses))
    assert reference.agrees(reference.disagreement(weights, losses, weights, losses))


def test_weights_survive_the_way_to_another_process(start, tmp_path):
    start.save(tmp_path / "start.npz")
    loaded = job.Start.load(tmp_path / "start.npz").take([2])
    np.testing.assert_array_equal(loaded.inputs, start.inputs)
    jax.tree.map(np.testing.assert_array_equal, loaded.weights, job.take(start.weights, [2]))


@pytest.mark.parametrize("quick", [False, True])
def test_peers_are_measured_only_when_asked_for(quick):
    without, having = (plan.plan(peers=peers, quick=quick).cells for peers in (False, True))
    assert not any(entry.peer for cell in without for entry in cell.entries)
    assert {entry.name for cell in having for entry in cell.entries} >= {"torch", "keras", "equinox", "ours", "floor"}


@pytest.mark.parametrize("flag", ["--peer", "--quick=maybe", "stray", "--output="])
def test_a_wrong_flag_is_named(flag, tmp_path):
    with pytest.raises(command.Bad) as error:
        command.parse([f"--output={tmp_path}", flag], "peers", "quick")
    assert "\n" not in str(error.value)
    assert flag.strip("-").split("=")[0] in str(error.value)
