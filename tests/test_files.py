"""Files that are written as a whole or not at all, and read as data."""

import io
import json
import pickle
import shutil
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_toys import files
from lstm_toys.files import Damaged, clean, leftovers, read_arrays, read_json, replacing, sha256, write_json


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_stays_if_its_replacement_fails(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    def replace_and_fail():
        with replacing(path) as temporary:
            temporary.write_text("half of the n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace_and_fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_only_what_this_project_left_half_written_is_removed(tmp_path):
    for name in ["loss.png", "checkpoints/4.checkpoint"]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_text("half")
            shutil.copy(temporary, tmp_path / "copy")
        (tmp_path / "copy").rename(temporary)
    (tmp_path / ".lstm_toys-film.gif.12.gif").touch()
    half = set(tmp_path.rglob(".lstm_toys-*"))
    elsewhere = tmp_path / "checkpoints" / ".ipynb_checkpoints"
    elsewhere.mkdir()
    (elsewhere / ".lstm_toys-loss.png.12.tmp").touch()
    (tmp_path / "link").symlink_to(elsewhere)
    (tmp_path / ".lstm_toys-link.12.tmp").symlink_to(elsewhere / ".lstm_toys-loss.png.12.tmp")
    (tmp_path / ".lstm_toys-folder.12.tmp").mkdir()
    for name in [".mynotes", ".lock", ".lstm_toys-publish.lock", "lstm_toys-loss.png.12.tmp", ".loss.png.12"]:
        (tmp_path / name).touch()
    before = set(tmp_path.rglob("*"))
    assert len(half) == 3
    assert set(leftovers(tmp_path)) == half
    clean(tmp_path)
    assert set(tmp_path.rglob("*")) == before - half


def test_the_digest_of_a_file_is_its_sha256(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    assert sha256(tmp_path / "file") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_json_holds_no_number_that_json_has_no_word_for(tmp_path, number):
    path = tmp_path / "file.json"
    write_json(path, [1.5, None])
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(path, [number])
    assert json.loads(path.read_text()) == [1.5, None]
    assert list(tmp_path.iterdir()) == [path]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_json_gives_back_what_was_written(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("json") / "file.json"
    write_json(path, value)
    assert read_json(path) == value


NO_OBJECTS = {
    "empty": b"",
    "cut": b"{",
    "list": b"[1]",
    "null": b"null",
    "no text": b"\xff\xfe",
    "braces": b"{" * 200_000,
    "nested lists": b"[" * 200_000,
    "nested objects": b'{"a": ' * 100_000,
    "pickle": pickle.dumps({"a": 1}),
}


@pytest.mark.parametrize("content", NO_OBJECTS.values(), ids=NO_OBJECTS.keys())
def test_what_is_no_json_object_is_damaged(tmp_path, content):
    path = tmp_path / "file.json"
    path.write_bytes(content)
    with pytest.raises(Damaged, match=r"file\.json: is damaged"):
        read_json(path)


class Malicious:
    """Runs code when it is unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("code of a file was run",))


def archive(**contents):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in contents.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def npy(header, data=b""):
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


def objects():
    file = io.BytesIO()
    np.savez(file, kernel=np.array([Malicious()], object))
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        pickle.dumps(Malicious()),
        objects(),
        archive(kernel=b"no array"),
        archive(kernel=npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,)}")),
        archive(kernel=npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}", b"1234")),
        archive(kernel=npy("__import__('os').abort()")),
        archive(kernel=npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", pickle.dumps([Malicious()]))),
        archive(kernel=b"")[:20],
    ],
    ids=["empty", "pickle", "objects", "text", "huge", "short", "code", "pickle inside", "cut"],
)
def test_what_is_no_archive_of_numbers_is_damaged_and_never_run(tmp_path, content):
    with pytest.raises(Damaged):
        read_arrays(tmp_path / "file.npz", content)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"a": 1}, "was written by an earlier version of lstm_toys; this version reads file version 2"),
        ({"a": 1, "schema": 3}, "has file version 3; this version reads file version 2"),
    ],
)
def test_a_file_of_another_version_is_said_to_be_that(tmp_path, content, told):
    path = tmp_path / "metrics.json"
    files.write_json(path, content | {files.SEAL: files._seal(content)})
    with pytest.raises(files.OtherSchema, match=told):
        files.read_sealed(path)
