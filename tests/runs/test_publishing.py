"""Published sets: whole or not at all, among files of the user's, whatever interrupts."""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from published import MINE, NEW, OLD, in_a_process, manifest, visible, write

from conftest import rarely
from lstm_toys.files import Damaged, write_json
from lstm_toys.runs import publishing
from lstm_toys.runs.publishing import LOCK, STAGE, NotPublished, publish, repair


@pytest.fixture
def target(tmp_path):
    return tmp_path / "results" / "sine"


@pytest.fixture
def told():
    """What is told of the files that are kept."""
    return []


@pytest.fixture
def old(tmp_path, target, told):
    """The old set, published, and files of the user's."""
    publish(write(tmp_path / "old", OLD), target, "sine-old", told.append)
    write(target, MINE)
    return target


@pytest.fixture
def new(tmp_path):
    return write(tmp_path / "new", NEW)


def published(new, origin="sine-new"):
    """The new set, with its manifest."""
    return NEW | {"manifest.json": manifest(NEW, new[0].parent, origin)}


@pytest.mark.parametrize("below", ["", "sine", "papers/counting"])
def test_a_set_is_published_with_its_manifest_in_the_folder_of_all_or_below(new, below, tmp_path, told):
    results = tmp_path / "results"
    others = {"runs/sine/.lstm_toys-loss.png.12.tmp": "another process is writing", "mine.txt": "mine"}
    write(results, others)
    publish(new, results / below, "sine-new", told.append, folder=results)
    expected = {str(Path(below) / name): content for name, content in published(new).items()}
    found = {str(path.relative_to(results)): path for path in results.rglob("*") if path.is_file()}
    assert found.keys() == expected.keys() | others.keys() | {LOCK}
    assert visible(results / below).items() >= published(new).items()
    (results / below / STAGE).mkdir()
    repair(results, told.append)
    assert not (results / below / STAGE).exists()
    assert told == []


def test_the_old_set_is_replaced_and_the_users_files_stay(old, new, told):
    (old / "same.png").unlink()  # A file that is gone is not missed.
    for _ in range(2):
        publish(new, old, "sine-new", told.append)
        assert visible(old) == MINE | published(new)
    assert told == []


def test_a_published_file_that_was_changed_is_not_replaced(old, new, told):
    (old / "loss.png").write_text("mine")
    before = visible(old)
    with pytest.raises(
        NotPublished, match=r"sine: changed since they were published, or not published; .*: loss\.png$"
    ):
        publish(new, old, "sine-new", told.append)
    assert visible(old) == before
    (old / "loss.png").unlink()
    publish(new, old, "sine-new", told.append)
    assert (old / "loss.png").read_text() == "the new loss"


@pytest.mark.parametrize(
    "make",
    [
        lambda place: place.write_text("mine"),
        lambda place: place.symlink_to("README.md"),
        lambda place: place.symlink_to("nowhere"),
        Path.mkdir,
        os.mkfifo,
    ],
    ids=["file", "link", "dangling link", "folder", "pipe"],
)
def test_what_was_never_published_is_not_replaced(old, new, told, make):
    make(old / "fresh.gif")
    before = visible(old)
    with pytest.raises(NotPublished, match=r": fresh\.gif$"):
        publish(new, old, "sine-new", told.append)
    assert visible(old) == before
    assert os.path.lexists(old / "fresh.gif")


def test_a_file_of_the_old_set_that_was_changed_stays_and_is_told_once(old, new, told):
    (old / "edited.png").write_text("mine")
    for _ in range(2):
        publish(new, old, "sine-new", told.append)
        assert (old / "edited.png").read_text() == "mine"
        assert [line.split(" is kept")[0] for line in told] == [str(old / "edited.png")]


def test_what_cannot_be_a_set_is_not_published(tmp_path, target, told):
    (tmp_path / "link.png").symlink_to(tmp_path / "secret")
    for sources, why in (
        (write(tmp_path, {"a/loss.png": "", "b/loss.png": ""}), "file names must be unique"),
        (write(tmp_path, {"manifest.json": "", "secret": "of the user"}), "must not be manifest.json"),
        ([tmp_path / "link.png"], r"link\.png: is a link, not a regular file; remove it"),
    ):
        with pytest.raises(NotPublished, match=why):
            publish(sources, target, "sine-new", told.append)
    assert not target.exists()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        '{"files": ["loss.png"]}',
        '{"files": {"loss.png": ""}}',
        '{"files": {"loss.png": 3}}',
        '{"files": {"../old/loss.png": null}}',
    ],
)
def test_a_damaged_manifest_is_told_and_nothing_is_touched(old, new, told, content):
    (old / "manifest.json").write_text(content)
    before = {path: path.read_bytes() for path in old.rglob("*") if path.is_file()}
    with pytest.raises(Damaged, match=r"manifest\.json"):
        publish(new, old, "sine-new", told.append)
    assert {path: path.read_bytes() for path in old.rglob("*") if path.is_file()} == before


def test_what_the_user_changes_while_it_is_interrupted_stays(old, new, told):
    (old / STAGE).mkdir()
    for path in new:
        shutil.copy(path, old / STAGE)
    write_json(old / STAGE / "manifest.json", manifest(NEW, new[0].parent, "sine-new"))
    (old / "loss.png").write_text("mine")
    repair(old.parent, told.append)
    assert visible(old) == MINE | published(new) | {"loss.png": "mine"}
    assert [line.split(" is kept")[0] for line in told] == [str(old / "loss.png")]


def test_nothing_is_repaired_where_nothing_was_interrupted(old, tmp_path, told):
    (old.parent / LOCK).unlink()
    for folder in (old.parent, tmp_path / "missing"):
        repair(folder, told.append)
    assert {path.name for path in old.parent.iterdir()} == {"sine"}
    assert not (tmp_path / "missing").exists()


def test_who_waits_for_another_process_is_told_after_a_while(new, target, told, monkeypatch):
    monkeypatch.setattr(publishing, "PATIENCE", 0.1)
    target.parent.mkdir()
    with (target.parent / LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(NotPublished, match="another process"):
            publish(new, target, "sine-new", told.append)
    assert not target.exists()
    publish(new, target, "sine-new", told.append)


@pytest.fixture
def scratch():
    """A folder, in memory where that is possible: thousands of folders are made in it, and removed."""
    memory = "/dev/shm"
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield folder


@pytest.mark.parametrize(
    ("before", "what", "twice"),
    [
        ("a set", "killed", ""),
        *rarely(
            ("nothing", "killed", ""),
            ("nothing", "failed", ""),
            ("a set", "killed", "twice"),
            ("a set", "failed", "twice"),
        ),
    ],
)
def test_whenever_something_happens_the_set_is_the_old_or_the_new_one(scratch, before, what, twice):
    """And if it happens to the repair, too, another repair finishes it."""
    process = in_a_process("happens_at_every_moment", scratch, before, what, twice)
    assert (process.communicate()[1], process.returncode) == ("", 0)
