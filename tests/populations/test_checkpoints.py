"""Checkpoints: they give back what was written, the newest readable one first, and are never trusted blindly.

A checkpoint belongs to one training: one of other data, settings, seeds or switches is refused.
"""

import os
import pickle
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import lstm_toys as lt
from conftest import rarely
from lstm_toys.execution import devices
from lstm_toys.files import Damaged
from lstm_toys.populations import group
from lstm_toys.populations.checkpoints import Checkpoints, OtherTraining
from lstm_toys.populations.group import Group, GroupState
from lstm_toys.populations.specification import specify

pytestmark = pytest.mark.usefixtures("digests")

TASK = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(5))
SPECIFICATION, START = specify(TASK, lt.Stack(1, (2,)), seeds=16, steps=(2, 4), learning_rate=0.1)
SHAPES = SPECIFICATION.member
FINGERPRINT = {"jax": "1", "processor": "this"}


def members(first):
    """Four members of the training."""
    return Group(range(first, first + 4), jax.tree.map(lambda leaf: leaf[first : first + 4], START))


def state(step, fill=0.5):
    """The state of four members after so many steps."""

    def filled(shape):
        return np.full((4, *shape.shape), fill, shape.dtype)

    kept = {each: jax.tree.map(filled, SHAPES.sound) for each in (2, 4) if each <= step}
    member = {} if step == 4 else jax.tree.map(filled, group.changing(SHAPES))
    losses = np.full((4, step + 1), np.float32(fill))
    return GroupState(step, member, kept, np.ones(4, bool), losses, losses[..., None], np.empty((4, 0)))


def save(checkpoints, step, first=0, **options):
    """Leaves a checkpoint of four members whose losses are its step."""
    checkpoints.save(SPECIFICATION, members(first), state(step, float(step)), [FINGERPRINT], **options)


def load(checkpoints, first=0):
    return checkpoints.load(SPECIFICATION, members(first), FINGERPRINT)


def loaded(checkpoints, first=0):
    """The first loss in the newest readable checkpoint of four members."""
    found = load(checkpoints, first)
    return None if found is None else found[0].losses[0, 0]


def same(ours, theirs):
    assert (ours.step, jax.tree.structure(ours)) == (theirs.step, jax.tree.structure(theirs))
    jax.tree.map(partial(np.testing.assert_array_equal, strict=True), ours[1:], theirs[1:])


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path / "checkpoints", 30.0)


@pytest.fixture
def two(checkpoints):
    """The paths of two checkpoints of a group, the older one first."""
    for step in (1, 3):
        save(checkpoints, step)
    return [checkpoints.folder / f"members-0-3-step-{step}.checkpoint" for step in (1, 3)]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 4), st.data())
def test_a_checkpoint_gives_back_any_state(tmp_path_factory, step, data):
    numbers = arrays.arrays(np.float32, (4, step + 1))
    content = state(step)._replace(losses=data.draw(numbers), sound=data.draw(arrays.arrays(bool, 4)))
    checkpoints = Checkpoints(tmp_path_factory.mktemp("any"), 30.0)
    checkpoints.save(SPECIFICATION, members(0), content, [FINGERPRINT])
    found, fingerprints = load(Checkpoints(checkpoints.folder, 30.0))
    assert fingerprints == [FINGERPRINT]
    same(found, content)


def test_the_newest_two_of_each_group_are_kept(checkpoints):
    for step in (0, 1, 2):
        save(checkpoints, step)
        save(checkpoints, step + 1, 4)
    save(checkpoints, 3, 8)
    save(checkpoints, 4, 8, finished=True)
    assert {path.stem for path in checkpoints.folder.iterdir()} == {
        *("members-0-3-step-1", "members-0-3-step-2", "members-4-7-step-2", "members-4-7-step-3"),
        "members-8-11-step-4",
    }
    for every in (checkpoints, Checkpoints(checkpoints.folder, 30.0)):
        assert [loaded(every, first) for first in (0, 4, 12)] == [2, 3, None]
        assert every.group_size(usual=16, members=32) == 4


@pytest.mark.parametrize(("usual", "count", "size"), [(8, 18, 8), (8, 24, 2), (12, 18, 2)])
def test_a_short_last_group_alone_tells_of_no_other_size(tmp_path, usual, count, size):
    (tmp_path / "members-16-17-step-10.checkpoint").touch()
    assert Checkpoints(tmp_path, 30.0).group_size(usual, count) == size


class Malicious:
    """Runs code when it is unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("code of a file was run",))


DAMAGES = {
    "cut": lambda content: content[:-1],
    "empty": lambda content: content[:0],
    "changed": lambda content: content.replace(b"fingerprints", b"Fingerprints"),
    "pickle": lambda content: pickle.dumps(Malicious()) + content[:0],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_falls_back_to_the_one_before(checkpoints, two, capsys, damage):
    older, newer = two
    newer.write_bytes(DAMAGES[damage](newer.read_bytes()))
    assert loaded(checkpoints) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("warning: ")
    assert newer.name in line
    older.write_bytes(DAMAGES[damage](older.read_bytes()))
    before = {path: path.read_bytes() for path in two}
    with pytest.raises(Damaged, match=f"{newer.name} and {older.name} cannot be read"):
        loaded(checkpoints)
    assert {path: path.read_bytes() for path in checkpoints.folder.iterdir()} == before


def test_no_flipped_bit_changes_what_is_read(tmp_path):
    told = []
    checkpoints = Checkpoints(tmp_path, 30.0, told.append)
    save(checkpoints, 3)
    content = checkpoints.newest.read_bytes()
    places = range(0, len(content), 31)
    for place in places:
        checkpoints.newest.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        try:
            same(load(checkpoints)[0], state(3, 3.0))  # The bit was one of a date, or of how files are shown.
        except Damaged:
            assert len(told.pop().splitlines()) == 1
    assert not told


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.chmod(0),
        lambda path: (path.unlink(), path.mkdir()),
        lambda path: (path.unlink(), os.mkfifo(path)),
        lambda path: (path.unlink(), path.symlink_to("/dev/zero")),
    ],
    ids=["forbidden", "folder", "fifo", "endless"],
)
def test_a_checkpoint_that_cannot_be_opened_is_as_good_as_damaged(checkpoints, two, damage):
    damage(two[1])
    assert loaded(checkpoints) in (1, 3)  # The administrator may read a file without permissions.


def test_what_cannot_be_written_leaves_the_earlier_ones(checkpoints, monkeypatch):
    save(checkpoints, 1)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        save(checkpoints, 2)
    assert [path.name for path in checkpoints.folder.iterdir()] == ["members-0-3-step-1.checkpoint"]
    assert loaded(checkpoints) == 1


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
    "learning rate": {"learning_rate": 0.2},
    "one member": {"seeds": 1},
    "optimizer": {"optimizer": "rmsprop"},
    "noise": {"noise": 0.1},
    "seeds": {"seeds": np.array([0, 1, 3])},
    "base seed": {"base_seed": 1},
    "model": {"model": lt.Stack(1, (4,), "dense")},
    "steps": {"steps": 7},
    "kept steps": {"steps": (3, 6)},
    "batch": {"batch": 1},
    "frames": {"frames": 2},
    "after": {"after": 0.5},
}


@pytest.mark.parametrize("differing", [*[*OTHERS][:4], *rarely(*[*OTHERS][4:])])
def test_a_checkpoint_of_another_training_is_refused(folder, differing):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(OtherTraining, match=r"step-6\.checkpoint: belongs to another training$"):
        trained(folder, **OTHERS[differing])
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_checkpoint_of_another_program_is_refused_with_the_version_that_made_it(folder, monkeypatch):
    switches = {"jax_enable_x64": "True"}
    monkeypatch.setattr("lstm_toys.execution.lowering.switches", lambda: switches)
    with pytest.raises(OtherTraining, match=r"another training, or to this one with another jax, switches$"):
        trained(folder, fingerprint={"jax": "2", "switches": switches})


def falling(rate):
    """A schedule whose first step is that of all others."""
    return lambda step: jnp.where(step == 0, 0.1, rate)


@pytest.mark.long
def test_a_checkpoint_of_another_schedule_is_refused(tmp_path):
    reference = trained(tmp_path, learning_rate=falling(0.05))
    assert trained(tmp_path, learning_rate=falling(0.05)).member_steps == 0
    for other in (falling(0.04), lambda step: jnp.where(step < 5, falling(0.05)(step), 0.0), 0.1):
        with pytest.raises(OtherTraining, match=r"belongs to another training$"):
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
