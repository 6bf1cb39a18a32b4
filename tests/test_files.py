"""Files that are written as a whole or not at all, and read as data."""

import errno
import fcntl
import io
import pickle

import numpy as np
import pytest

from lstm_toys import files, output, tables
from lstm_toys.files import Damaged, clean, locked, read_arrays, read_json, replacing, write_json
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


def test_a_file_system_without_locks_locks_nothing_and_other_errors_are_raised(tmp_path, monkeypatch):
    def lock(number):
        def refused(*_):
            raise OSError(number, "no locks")

        monkeypatch.setattr(fcntl, "flock", refused)
        with locked(tmp_path / "lock"):
            return number

    assert [*map(lock, files.UNLOCKED)] == [*files.UNLOCKED]
    for number in (errno.EIO, errno.EWOULDBLOCK):
        with pytest.raises(OSError, match="no locks"):
            lock(number)


def test_only_what_this_project_left_half_written_is_removed(tmp_path):
    elsewhere = tmp_path / "checkpoints" / ".ipynb_checkpoints"
    elsewhere.mkdir(parents=True)
    half = {tmp_path / ".lstm_toys-film.gif.12.gif", tmp_path / "checkpoints" / ".lstm_toys-4.checkpoint.12.tmp"}
    others = [".mynotes", ".lock", "lstm_toys-loss.png.12.tmp", ".loss.png.12"]
    for path in (*half, elsewhere / ".lstm_toys-loss.png.12.tmp", *(tmp_path / name for name in others)):
        path.touch()
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


NO_OBJECTS = (b"", b"{", b"[1]", b"null", b"\xff\xfe", b"[" * 200_000, pickle.dumps({"a": 1}), b'{"a": NaN}')


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


def saved(array, save=np.savez):
    file = io.BytesIO()
    save(file, kernel=array)
    return file.getvalue()


NO_ARCHIVES = {
    "empty": b"",
    "pickle": pickle.dumps(Malicious()),
    "objects": saved(np.array([Malicious()], object)),
    "one array": saved(np.zeros(3), lambda file, kernel: np.save(file, kernel)),
    "cut": saved(np.zeros(300))[:200],
}


@pytest.mark.parametrize("name", NO_ARCHIVES)
def test_what_is_no_archive_of_arrays_is_damaged_and_never_run(tmp_path, name):
    path = tmp_path / "file.npz"
    path.write_bytes(NO_ARCHIVES[name])
    with pytest.raises(Damaged, match=r"^[^\n]*file\.npz: is damaged: [^\n]+$"):
        read_arrays(path)


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


def test_a_file_that_was_edited_or_is_of_another_version_is_refused(tmp_path):
    path = tmp_path / "metrics.json"
    files.write_sealed(path, {"a": 1})
    assert files.read_sealed(path) == {"a": 1}
    path.write_text(path.read_text().replace("1", "2", 1))
    with pytest.raises(Damaged, match="is damaged: it is not what was written"):
        files.read_sealed(path)
    other = {"a": 1, "schema": 3}
    write_json(path, other | {files.SEAL: files._seal(other)})
    with pytest.raises(Damaged, match="has file version 3; this version of lstm_toys reads file version 2"):
        files.read_sealed(path)
