"""Checkpoints: they give back what was written, the newest readable one first, and are never trusted blindly."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lstm_toys.files import Damaged
from lstm_toys.populations.checkpoints import Checkpoints

FINGERPRINT = {"jax": "1", "processor": "this"}


@pytest.fixture
def told():
    return []


@pytest.fixture
def checkpoints(tmp_path, told):
    return Checkpoints(tmp_path / "checkpoints", 30.0, FINGERPRINT, told.append)


def state(step):
    return {"step": np.array(step), "losses": np.full((4, 2), np.float32(step))}


def files(checkpoints):
    return sorted(checkpoints.folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["step", "losses", "member/0", "member/1"]),
        arrays.arrays(
            st.sampled_from([np.float32, np.uint32, np.bool_, np.int64]),
            arrays.array_shapes(min_dims=0, max_dims=3, min_side=0),
        ),
    )
)
def test_a_checkpoint_gives_back_any_arrays(tmp_path_factory, content):
    checkpoints = Checkpoints(tmp_path_factory.mktemp("any") / "checkpoints", 1.0, FINGERPRINT)
    checkpoints.save(0, 3, 7, content)
    loaded = checkpoints.load(0).state
    assert loaded.keys() == content.keys()
    for name in content:
        np.testing.assert_array_equal(loaded[name], content[name], strict=True)


def test_the_newest_two_of_each_group_are_kept(checkpoints):
    for step in (9, 10, 100):
        checkpoints.save(0, 3, step, state(step))
        checkpoints.save(4, 7, step + 1, state(step + 1))
    assert {path.name for path in files(checkpoints)} == {
        *("members-0-3-step-10.checkpoint", "members-0-3-step-100.checkpoint"),
        *("members-4-7-step-11.checkpoint", "members-4-7-step-101.checkpoint"),
    }
    checkpoints.save(8, 11, 90, state(90))
    checkpoints.save(8, 11, 100, state(100), finished=True)
    assert [path.name for path in checkpoints.folder.glob("members-8*")] == ["members-8-11-step-100.checkpoint"]
    assert [int(checkpoints.load(first).state["step"]) for first in (0, 4)] == [100, 101]
    assert checkpoints.load(12) is None
    assert checkpoints.group_size(usual=16, members=32) == 4
    checkpoints.clear()
    assert checkpoints.load(0) is None
    assert checkpoints.group_size(usual=16, members=32) == 16
    assert not checkpoints.folder.exists()


@pytest.mark.parametrize(("usual", "members", "size"), [(8, 18, 8), (8, 24, 2), (12, 18, 2)])
def test_a_short_last_group_alone_tells_of_no_other_size(checkpoints, usual, members, size):
    checkpoints.save(16, 17, 10, state(10))
    assert checkpoints.group_size(usual, members) == size


def flip(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


class Malicious:
    """Runs code when it is unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("code of a file was run",))


DAMAGES = {
    "cut": lambda content: content[:-1],
    "half": lambda content: content[: len(content) // 2],
    "empty": lambda content: content[:0],
    "flipped bit": flip,
    "flipped bit of the checksum": lambda content: content[:40] + bytes([content[40] ^ 1]) + content[41:],
    "longer": lambda content: content + b"x",
    "pickle": lambda content: pickle.dumps(Malicious()) + content[:0],
    "no checksum": lambda content: content[:30] + b"\n",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_falls_back_to_the_one_before(checkpoints, told, damage):
    for step in (10, 20):
        checkpoints.save(0, 3, step, state(step))
    older, newer = files(checkpoints)
    newer.write_bytes(DAMAGES[damage](newer.read_bytes()))
    np.testing.assert_array_equal(checkpoints.load(0).state["losses"], 10)
    (line,) = told
    assert line.startswith("warning: ")
    assert newer.name in line
    older.write_bytes(DAMAGES[damage](older.read_bytes()))
    before = {path: path.read_bytes() for path in (older, newer)}
    with pytest.raises(Damaged, match=f"{newer.name} and {older.name} cannot be read"):
        checkpoints.load(0)
    assert {path: path.read_bytes() for path in files(checkpoints)} == before


@pytest.mark.parametrize("damage", [lambda path: path.chmod(0), lambda path: (path.unlink(), path.mkdir())])
def test_a_checkpoint_that_cannot_be_opened_is_as_good_as_damaged(checkpoints, damage):
    for step in (10, 20):
        checkpoints.save(0, 3, step, state(step))
    damage(files(checkpoints)[1])
    assert checkpoints.load(0).state["step"] in (10, 20)  # The administrator may read a file without permissions.


def test_another_fingerprint_is_told_and_remembered(checkpoints, told):
    checkpoints.save(0, 3, 10, state(10))
    other = Checkpoints(checkpoints.folder, 30.0, {**FINGERPRINT, "jax": "2"}, told.append)
    other.load(0)
    other.save(0, 3, 20, state(20))
    (line,) = told
    assert "another jax" in line
    assert "bits may differ" in line
    again = Checkpoints(checkpoints.folder, 30.0, FINGERPRINT, told.append)
    again.load(0)
    assert again.fingerprints == [FINGERPRINT, {**FINGERPRINT, "jax": "2"}]
    assert checkpoints.fingerprints == [FINGERPRINT]


def test_what_cannot_be_written_leaves_the_earlier_ones(checkpoints, monkeypatch):
    checkpoints.save(0, 3, 10, state(10))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        checkpoints.save(0, 3, 20, state(20))
    assert [path.name for path in files(checkpoints)] == ["members-0-3-step-10.checkpoint"]
    assert checkpoints.load(0).state["step"] == 10
