"""Checkpoints: they give back what was written, the newest readable one first, and are never trusted blindly.

A checkpoint belongs to one training: one of other data, settings, seeds or switches is refused in words.
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
from lstm_toys.populations import checkpoints as kept
from lstm_toys.populations import group
from lstm_toys.populations.checkpoints import Checkpoints, OtherTraining
from lstm_toys.populations.group import GroupState
from lstm_toys.populations.specification import specify

TASK = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(5))
SPECIFICATION, _ = specify(TASK, lt.Stack(1, (2,)), seeds=4, steps=(2, 4), learning_rate=0.1)
MEMBERS = range(4)
SHAPES = SPECIFICATION.member
FINGERPRINT = {"jax": "1", "processor": "this"}
ORIGIN = kept.Origin({"batch": "1"}, np.empty(0, np.float32))
decode = partial(kept.decode, specification=SPECIFICATION, members=MEMBERS, expected=ORIGIN, own=FINGERPRINT)


def state(records, fill=0.5):
    """The state of four members after so many records."""

    def filled(shape):
        return np.full((4, *shape.shape), fill, shape.dtype)

    params = {step: jax.tree.map(filled, SHAPES.sound) for step in (2, 4) if step < records}
    member = {} if records == 5 else jax.tree.map(filled, group.changing(SHAPES))
    losses = np.full((4, records), np.float32(fill))
    return GroupState(records - 1, member, params, np.ones(4, bool), losses, losses[..., None], np.empty((4, 0)))


def encoded(content):
    return kept.encode(content, ORIGIN, [FINGERPRINT])


def loaded(checkpoints, members=MEMBERS):
    """The first loss in the newest readable checkpoint of a group."""
    found = checkpoints.load(members, decode)
    return None if found is None else found[0].losses[0, 0]


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path / "checkpoints", 30.0)


@pytest.fixture
def two(checkpoints):
    """The paths of two checkpoints of a group, the older one first."""
    for step in (10, 20):
        save(checkpoints, step)
    return [checkpoints.folder / f"members-0-3-step-{step}.checkpoint" for step in (10, 20)]


def save(checkpoints, step, members=MEMBERS, **options):
    """Leaves a checkpoint whose losses are its step."""
    checkpoints.save(members, step, encoded(state(2, float(step))), **options)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 5), st.data())
def test_a_checkpoint_gives_back_any_state(records, data):
    numbers = arrays.arrays(np.float32, (4, records))
    content = state(records)._replace(losses=data.draw(numbers), sound=data.draw(arrays.arrays(bool, 4)))
    decoded, fingerprints = decode(encoded(content), Path("a file"))
    assert (fingerprints, decoded.step) == ([FINGERPRINT], content.step)
    jax.tree.map(
        partial(np.testing.assert_array_equal, strict=True), decoded._replace(step=0), content._replace(step=0)
    )


@pytest.mark.usefixtures("two")
def test_the_state_of_other_members_or_another_training_is_no_reason_to_look_at_older_ones(checkpoints):
    with pytest.raises(ValueError, match="do not have the shapes"):
        decode(encoded(state(2)), Path("a file"), members=range(5))
    other = partial(decode, expected=ORIGIN._replace(digests={"batch": "2"}))
    with pytest.raises(OtherTraining, match=r"20.checkpoint: belongs to another training, which differs in batch"):
        checkpoints.load(MEMBERS, other)


def test_the_newest_two_of_each_group_are_kept(checkpoints):
    for step in (9, 10, 100):
        save(checkpoints, step)
        save(checkpoints, step + 1, range(4, 8))
    save(checkpoints, 90, range(8, 12))
    save(checkpoints, 100, range(8, 12), finished=True)
    assert {path.stem for path in checkpoints.folder.iterdir()} == {
        *("members-0-3-step-10", "members-0-3-step-100", "members-4-7-step-11", "members-4-7-step-101"),
        "members-8-11-step-100",
    }
    assert [loaded(checkpoints, range(first, first + 4)) for first in (0, 4, 12)] == [100, 101, None]
    assert checkpoints.group_size(usual=16, members=32) == 4
    checkpoints.clear()
    assert loaded(checkpoints) is None
    assert checkpoints.group_size(usual=16, members=32) == 16
    assert not checkpoints.folder.exists()


@pytest.mark.parametrize(("usual", "members", "size"), [(8, 18, 8), (8, 24, 2), (12, 18, 2)])
def test_a_short_last_group_alone_tells_of_no_other_size(checkpoints, usual, members, size):
    save(checkpoints, 10, range(16, 18))
    assert checkpoints.group_size(usual, members) == size


class Malicious:
    """Runs code when it is unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("code of a file was run",))


DAMAGES = {
    "cut": lambda content: content[:-1],
    "empty": lambda content: content[:0],
    "flipped bit": lambda content: content[:700] + bytes([content[700] ^ 1]) + content[701:],
    "longer": lambda content: content + b"x",
    "pickle": lambda content: pickle.dumps(Malicious()) + content[:0],
    "no checksum": lambda content: content[:30] + b"\n",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_falls_back_to_the_one_before(checkpoints, two, capsys, damage):
    older, newer = two
    newer.write_bytes(DAMAGES[damage](newer.read_bytes()))
    assert loaded(checkpoints) == 10
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("warning: ")
    assert newer.name in line
    older.write_bytes(DAMAGES[damage](older.read_bytes()))
    before = {path: path.read_bytes() for path in two}
    with pytest.raises(Damaged, match=f"{newer.name} and {older.name} cannot be read"):
        loaded(checkpoints)
    assert {path: path.read_bytes() for path in checkpoints.folder.iterdir()} == before


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
    assert loaded(checkpoints) in (10, 20)  # The administrator may read a file without permissions.


def test_what_cannot_be_written_leaves_the_earlier_ones(checkpoints, monkeypatch):
    save(checkpoints, 10)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        save(checkpoints, 20)
    assert [path.name for path in checkpoints.folder.iterdir()] == ["members-0-3-step-10.checkpoint"]
    assert loaded(checkpoints) == 10


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
