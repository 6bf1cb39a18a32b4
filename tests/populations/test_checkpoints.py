"""Checkpoints: they give back what was written, and one that is damaged or of another training is refused."""

import contextlib
import pickle
from functools import partial
from pathlib import Path

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from test_files import Malicious

import lstm_toys as lt
from conftest import rarely
from lstm_toys.execution import devices
from lstm_toys.networks.training import Record
from lstm_toys.populations import train
from lstm_toys.populations.checkpoints import CHANGING, Group
from lstm_toys.populations.programs import specify

pytestmark = pytest.mark.usefixtures("digests")

TASK = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(5))
SPECIFICATION, START = specify(TASK, lt.Stack(1, (2,)), seeds=16, steps=(2, 4), learning_rate=0.1)
SHAPES = SPECIFICATION.member
FINGERPRINT = {"jax": "1", "processor": "this"}


def begun(first=0):
    """Four members of the training, before it."""
    return Group(range(first, first + 4), jax.tree.map(lambda leaf: leaf[first : first + 4], START))


def state(step, first=0, fill=0.5):
    """Four members after so many steps."""

    def filled(shape):
        return np.full((4, *shape.shape), fill, shape.dtype)

    made = begun(first)
    made.step, made.records = step, step + 1
    made.kept = {each: jax.tree.map(filled, SHAPES.sound) for each in (2, 4) if each <= step}
    made.member = {} if step == 4 else {name: jax.tree.map(filled, getattr(SHAPES, name)) for name in CHANGING}
    losses = np.full((4, 5), np.float32(fill))
    made.record = Record(losses, losses[..., None], np.empty((4, 0)), np.ones((4, 5), bool))
    return made


def save(checkpoints, step, first=0):
    """Leaves a checkpoint of four members whose losses are its step."""
    checkpoints.save(SPECIFICATION, state(step, first, float(step)), [FINGERPRINT])


def load(checkpoints, first=0):
    """Four members as a checkpoint has them, and the fingerprints."""
    group = begun(first)
    return group, checkpoints.restore(SPECIFICATION, group, FINGERPRINT)


def same(ours, theirs):
    assert (ours.step, ours.records, ours.begun) == (theirs.step, theirs.records, ours.step)
    arrays = ((each.member, each.kept, each.record) for each in (ours, theirs))
    jax.tree.map(partial(np.testing.assert_array_equal, strict=True), *arrays)


@pytest.fixture
def checkpoints(tmp_path):
    return lt.Checkpoints(tmp_path / "checkpoints", 30.0)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 4), st.data())
def test_a_checkpoint_gives_back_any_state(tmp_path_factory, step, data):
    content = state(step)
    drawn = {"loss": arrays.arrays(np.float32, (4, 5)), "sound": arrays.arrays(bool, (4, 5))}
    content.record = content.record._replace(**{name: data.draw(each) for name, each in drawn.items()})
    checkpoints = lt.Checkpoints(tmp_path_factory.mktemp("any"), 30.0)
    checkpoints.save(SPECIFICATION, content, [FINGERPRINT])
    found, fingerprints = load(lt.Checkpoints(checkpoints.folder, 30.0))
    assert fingerprints == [FINGERPRINT]
    same(found, content)


def test_the_newest_of_each_group_is_kept(checkpoints):
    for step in (0, 1, 2):
        save(checkpoints, step)
        save(checkpoints, step + 1, 4)
    names = {path.name for path in checkpoints.folder.iterdir()}
    assert names == {"members-0-3-step-2.checkpoint", "members-4-7-step-3.checkpoint"}
    (checkpoints.folder / "members-0-3-step-1.checkpoint").touch()  # As an interruption leaves it.
    for every in (checkpoints, lt.Checkpoints(checkpoints.folder, 30.0)):
        assert [load(every, first)[0].record.loss[0, 0] for first in (0, 4)] == [2, 3]
        nothing, fingerprints = load(every, 12)
        assert (nothing.records, fingerprints) == (0, [])
        assert every.group_size(usual=16, members=32) == 4


def test_a_damaged_checkpoint_is_refused_and_no_flipped_bit_changes_what_is_read(checkpoints):
    save(checkpoints, 3)
    path = checkpoints.newest
    content = path.read_bytes()
    for damaged in (content[:-1], b"", content.replace(b"fingerprints", b"Fingerprints"), pickle.dumps(Malicious())):
        path.write_bytes(damaged)
        with pytest.raises(lt.errors.Damaged, match=f"{path.name}: cannot be read .*; remove it"):
            load(checkpoints)
        assert path.read_bytes() == damaged
    for place in range(0, len(content), 31):
        path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        with contextlib.suppress(lt.errors.Damaged):
            same(load(checkpoints)[0], state(3, fill=3.0))  # The bit was one of a date, or of how files are shown.


SINE = {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}
MODEL = lt.Stack(1, (4,))


def trained(folder, offset=0.3, *, fingerprint=None, model=MODEL, told=print, **others):
    """A training, and its networks."""
    options = {"seeds": 3, "steps": 6, "learning_rate": 0.1, **others}
    own, task = devices.fingerprint, lt.reproduce("sine", {**SINE, "offset": offset}, lt.time_points(20))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(devices, "fingerprint", lambda block, **how: {**own(block, **how), **(fingerprint or {})})
        checkpoints = lt.Checkpoints(Path(folder), 1e9, told)
        training = train.PopulationTraining(*specify(task, model, **options), checkpoints=checkpoints)
        return training, training.networks()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Checkpoints of a finished training."""
    made = tmp_path_factory.mktemp("checkpoints")
    trained(made)
    return made


OTHERS = {
    "data": {"offset": 0.2},
    "learning rate": {"learning_rate": 0.2},
    "optimizer": {"optimizer": "rmsprop"},
    "seeds": {"seeds": np.array([0, 1, 3])},
    "model": {"model": lt.Stack(1, (4,), "dense")},
    "steps": {"steps": 7},
    "frames": {"frames": 2},
    "goal": {"early_stopping": lt.EarlyStopping(goal=lt.Goal(rmse=0.1, after=0.5))},
}


@pytest.mark.parametrize("differing", [*[*OTHERS][:3], *rarely(*[*OTHERS][3:])])
def test_a_checkpoint_of_another_training_is_refused(folder, differing):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(lt.errors.OtherTraining, match=r"step-6\.checkpoint: belongs to another training$"):
        trained(folder, **OTHERS[differing])
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_checkpoint_of_another_program_is_refused_with_the_version_that_made_it(folder, monkeypatch):
    switches = {"jax_enable_x64": "True"}
    monkeypatch.setattr("lstm_toys.execution.devices.switches", lambda: switches)
    with pytest.raises(lt.errors.OtherTraining, match=r"another training, or to this one with another jax, switches$"):
        trained(folder, fingerprint={"jax": "2", "switches": switches})


def test_the_same_training_is_continued_and_on_another_version_or_under_other_flags_with_a_warning(folder):
    reference, flag = trained(folder), "--xla_cpu_enable_platform_dependent_math=true"
    for other, named in (({"jax": "2"}, "jax"), ({"xla_flags": [*devices.xla_flags(), flag]}, f"XLA flag {flag}")):
        told: list[str] = []
        again = trained(folder, fingerprint=other, told=told.append)
        assert (reference[0].member_steps, again[0].member_steps) == (0, 0)
        begun = f"warning: the run was begun with another {named}"
        assert told == [f"{begun}; bits may differ from those of an uninterrupted run"]
        jax.tree.map(np.testing.assert_array_equal, again[1].params, reference[1].params)
