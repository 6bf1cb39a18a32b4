"""Files that are written as a whole or not at all, and read as data."""

import io
import json
import os
import pickle
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from lstm_toys import files, output, tables
from lstm_toys.files import Damaged, clean, read_arrays, read_json, replacing, sha256, write_json
from lstm_toys.text import printable


def test_a_file_is_replaced_as_a_whole_or_stays(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    def replace(text, *, fails):
        with replacing(path) as temporary:
            temporary.write_text(text)
            assert path.read_text() == "old"
            if fails:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace("half of the n", fails=True)
    assert path.read_text() == "old"
    replace("new", fails=False)
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_only_what_this_project_left_half_written_is_removed(tmp_path):
    elsewhere = tmp_path / "checkpoints" / ".ipynb_checkpoints"
    elsewhere.mkdir(parents=True)
    half = {tmp_path / ".lstm_toys-film.gif.12.gif", tmp_path / "checkpoints" / ".lstm_toys-4.checkpoint.12.tmp"}
    others = [".mynotes", ".lock", "lstm_toys-loss.png.12.tmp", ".loss.png.12"]
    for path in (*half, elsewhere / ".lstm_toys-loss.png.12.tmp", *(tmp_path / name for name in others)):
        path.touch()
    (tmp_path / "link").symlink_to(elsewhere)
    (tmp_path / ".lstm_toys-link.12.tmp").symlink_to(elsewhere / ".lstm_toys-loss.png.12.tmp")
    (tmp_path / ".lstm_toys-folder.12.tmp").mkdir()
    before = set(tmp_path.rglob("*"))
    clean(tmp_path)
    assert set(tmp_path.rglob("*")) == before - half


def test_json_gives_back_what_was_written_and_holds_no_number_that_it_has_no_word_for(tmp_path):
    path, value = tmp_path / "file.json", {"a": [1.5, None, True, 10**30, 5e-324, {"": "é\ud83d\0\n"}]}
    write_json(path, value)
    for number in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="JSON compliant"):
            write_json(path, [number])
    assert read_json(path) == value


NO_OBJECTS = (
    *(b"", b"{", b"[1]", b"null", b"\xff\xfe", b"{" * 200_000, b"[" * 200_000, b'{"a": ' * 100_000),
    *(pickle.dumps({"a": 1}), b'{"a": NaN}', b'{"a": [-Infinity]}', b'{"a": ' + b"1" * 5_000 + b"}"),
)


@pytest.mark.parametrize("content", NO_OBJECTS, ids=range(len(NO_OBJECTS)))
def test_what_is_no_json_object_is_damaged(tmp_path, content):
    path = tmp_path / "file.json"
    path.write_bytes(content)
    with pytest.raises(Damaged, match=r"file\.json: is damaged"):
        read_json(path)


class Malicious:
    """Runs code when it is unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("code of a file was run",))


def archive(*files):
    """An archive of these contents, all under one name."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive, warnings.catch_warnings(action="ignore"):
        for content in files:
            archive.writestr("kernel.npy", content)
    return file.getvalue()


def encrypted(content):
    """An archive that says of its first file that it is encrypted."""
    entry = content.index(b"PK\x01\x02")
    return content[: entry + 8] + b"\x01" + content[entry + 9 :]


def saved(array, save=np.savez):
    file = io.BytesIO()
    save(file, kernel=array)
    return file.getvalue()


def npy(header, data=b""):
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


def floats(count, data):
    return npy(f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({count},)}}", data)


FOUR = floats(4, bytes(16))
NO_ARCHIVES = {
    "empty": b"",
    "pickle": pickle.dumps(Malicious()),
    "objects": saved(np.array([Malicious()], object)),
    "text": archive(b"no array"),
    "huge": archive(floats(10**12, b"")),
    "short": archive(floats(4, b"1234")),
    "longer": archive(FOUR + b"more"),
    "code": archive(npy("__import__('os').abort()")),
    "pickle inside": archive(npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", pickle.dumps(Malicious()))),
    "cut": archive(b"")[:20],
    "twice": archive(FOUR, FOUR),
    "encrypted": encrypted(archive(FOUR)),
    "unknown compression": saved(np.zeros(3), np.savez_compressed).replace(b"\x08\0", b"\x63\0"),
    "letters": saved(np.array(["a"])),
    "dates": saved(np.zeros(2, "M8[s]")),
    "records": saved(np.zeros(2, [("a", "f4"), ("b", "i4")])),
    "no archive": archive().replace(b"PK", b"KP"),
}


@pytest.mark.parametrize("name", NO_ARCHIVES)
def test_what_is_no_archive_of_numbers_is_damaged_and_never_run(tmp_path, name):
    with pytest.raises(Damaged, match=r"^[^\n]*file\.npz: is damaged: [^\n]+$"):
        read_arrays(tmp_path / "file.npz", io.BytesIO(NO_ARCHIVES[name]))


def test_arrays_that_a_small_file_expands_to_are_not_read(tmp_path, monkeypatch):
    content = saved(np.zeros(1_000_000, np.float32), np.savez_compressed)
    np.testing.assert_array_equal(read_arrays(tmp_path, io.BytesIO(content))["kernel"], np.zeros(1_000_000))
    monkeypatch.setattr(files, "EXPANSION", 3_000_000)
    with pytest.raises(Damaged, match="its arrays are too large for it"):
        read_arrays(tmp_path, io.BytesIO(content))


OTHERS = {
    "link": lambda path: path.symlink_to(path.with_name("outside")),
    "dangling link": lambda path: path.symlink_to("nowhere"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "device": lambda path: path.symlink_to("/dev/zero"),
    "pipe": os.mkfifo,
    "folder": Path.mkdir,
}
"""What may be there in place of a file."""


def lock(path):
    with files.locked(path):
        pass


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("read", [read_json, files.read_json_list, files.read_sealed, sha256, files.opened, lock])
def test_only_regular_files_are_read_and_locked(tmp_path, kind, read):
    (tmp_path / "outside").write_text("{}")
    OTHERS[kind](tmp_path / "file")
    with pytest.raises(Damaged, match=r"file: is a (link|folder, a pipe or a device), not a regular file$"):
        read(tmp_path / "file")
    assert not (tmp_path / "nowhere").exists()


def test_a_link_is_followed_where_a_user_may_have_made_it(tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "file").write_bytes(b"abc")
    (tmp_path / "folder").symlink_to("results")
    (tmp_path / "file").symlink_to("results/file")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256(tmp_path / "folder" / "file") == sha256(tmp_path / "file", links=True) == digest
    (tmp_path / "pipe").symlink_to("fifo")
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(Damaged, match="pipe: is a folder, a pipe or a device"):
        sha256(tmp_path / "pipe", links=True)


def test_a_large_json_file_is_not_read(tmp_path):
    path = tmp_path / "file.json"
    path.write_text(json.dumps({"a": "x" * 1_000}))
    with pytest.raises(Damaged, match="more than 1,000 bytes"):
        read_json(path, 1_000)
    with path.open("r+b") as file:
        file.truncate(2**40)
    with pytest.raises(Damaged, match="more than 8,388,608 bytes"):
        read_json(path)
    path.unlink()  # Commands digest what their process has read.


def test_what_a_file_says_is_shown_without_control_characters(tmp_path, capsys):
    text, shown = "é…\nb\r\x1b[31m\x7f\x9b31m\u2028\u202eb\ud800", r"é…\nb\r\x1b[31m\x7f\x9b31m\u2028\u202eb\ud800"
    assert printable(text) == shown
    assert str(Damaged(tmp_path, text)) == f"{tmp_path}: {shown}"
    output.console().print(text)
    output.console().print(tables.table(text, (text,), [(text,)]))
    output.complain(text)
    printed, complained = capsys.readouterr()
    assert printed.count(shown) == 4
    assert complained == f"{shown}\n"


def test_a_file_of_another_version_is_said_to_be_that(tmp_path):
    path, here = tmp_path / "metrics.json", "this version reads file version 2"
    versions = {"was written by an earlier version of lstm_toys": {"a": 1}, "has file version 3": {"a": 1, "schema": 3}}
    for told, content in versions.items():
        write_json(path, content | {files.SEAL: files._seal(content)})
        with pytest.raises(files.OtherSchema, match=f"{told}; {here}"):
            files.read_sealed(path)
