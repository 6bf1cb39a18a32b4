"""A checkpoint belongs to one training: one of other data, settings, seeds or switches is refused in words."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from conftest import rarely
from lstm_toys.execution import devices
from lstm_toys.populations.checkpoints import OtherTraining

SINE = {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}
MODEL = lt.Stack(1, (4,))


def trained(folder, offset=0.3, *, fingerprint=None, model=MODEL, told=print, batch=None, **others):
    options = {"seeds": 3, "steps": 6, "learning_rate": 0.1, **others}
    own, task = devices.fingerprint, lt.reproduce("sine", {**SINE, "offset": offset}, lt.time_points(20), batch=batch)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(devices, "fingerprint", lambda block: {**own(block), **(fingerprint or {})})
        return lt.train(task, model, checkpoints=lt.Checkpoints(Path(folder), 1e9, told), **options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Checkpoints of a finished training."""
    made = tmp_path_factory.mktemp("checkpoints")
    trained(made)
    return made


OTHERS = {
    "data": {"offset": 0.2},
    "learning_rate": {"learning_rate": 0.2},
    "switches": {"fingerprint": {"switches": {"jax_enable_x64": True}}},
    "decay, optimizer": {"optimizer": "rmsprop"},
    "noise": {"noise": 0.1},
    "seeds": {"seeds": np.array([0, 1, 3])},
    "base_seed": {"base_seed": 1},
    "model": {"model": lt.Stack(1, (4,), "dense")},
    "kept_steps, steps": {"steps": 7},
    "kept_steps": {"steps": (3, 6)},
    "batch, steps": {"batch": 1},
}


@pytest.mark.parametrize("differing", [*[*OTHERS][:4], *rarely(*[*OTHERS][4:])])
def test_a_checkpoint_of_another_training_is_refused(folder, differing):
    before = {path.name for path in folder.iterdir()}
    with pytest.raises(OtherTraining, match="which differs in") as refused:
        trained(folder, **OTHERS[differing])
    assert set(differing.split(", ")) <= set(str(refused.value).partition("which differs in ")[2].split(", "))
    assert {path.name for path in folder.iterdir()} == before


def falling(rate):
    """A schedule whose first step is that of all others."""
    return lambda step: jnp.where(step == 0, 0.1, rate)


@pytest.mark.long
def test_a_checkpoint_of_another_schedule_is_refused(tmp_path):
    reference = trained(tmp_path, learning_rate=falling(0.05))
    assert trained(tmp_path, learning_rate=falling(0.05)).member_steps == 0
    for other in (falling(0.04), lambda step: jnp.where(step < 5, falling(0.05)(step), 0.0), 0.1):
        with pytest.raises(OtherTraining, match=r"which differs in .*schedule"):
            trained(tmp_path, learning_rate=other)
    fixed = trained(tmp_path / "fixed")
    np.testing.assert_array_equal(reference.train_loss[:, :2], fixed.train_loss[:, :2])
    assert (reference.train_loss[:, 2:] != fixed.train_loss[:, 2:]).any()


def test_the_same_training_is_continued_and_on_another_version_with_a_warning(folder):
    reference, told = trained(folder), []
    again = trained(folder, fingerprint={"jax": "2"}, told=told.append)
    assert (reference.member_steps, again.member_steps) == (0, 0)
    assert told == ["warning: the run was begun with another jax; bits may differ from those of an uninterrupted run"]
    jax.tree.map(np.testing.assert_array_equal, again.params, reference.params)


@pytest.mark.long
def test_last_bits_of_the_data_may_differ_on_another_version_only(folder):
    near = float(np.nextafter(np.float32(0.3), np.float32(1)))
    assert trained(folder, near, fingerprint={"jax": "2"}).member_steps == 0
    for offset, options in ((near, {}), (0.31, {"fingerprint": {"jax": "2"}})):
        with pytest.raises(OtherTraining, match="which differs in data"):
            trained(folder, offset, **options)
