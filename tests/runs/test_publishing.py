"""Published sets: each file whole, among files of the user's, and complete once the command is repeated."""

import itertools
import json
import os
import shutil
from pathlib import Path

import pytest

from lstm_toys.files import sha256
from lstm_toys.runs.publishing import NotPublished, publish

OLD = {"loss.png": "old loss", "same.png": "same", "stale.png": "stale", "edited.png": "published", "metrics.json": ""}
NEW = {"loss.png": "the new loss", "same.png": "same", "fresh.gif": "fresh", "metrics.json": '{"seeds": 16}'}
MINE = dict.fromkeys(("README.md", "mine.png", ".notes", ".ipynb_checkpoints/.lstm_toys-loss.png.12.tmp"), "mine")


def write(folder, contents):
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return [folder / name for name in contents]


def visible(target):
    """What a folder holds, hidden or not, by name; the manifest as data."""
    files = {str(path.relative_to(target)): path.read_text() for path in target.rglob("*") if path.is_file()}
    return {name: json.loads(text) if name == "manifest.json" else text for name, text in files.items()}


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
    return NEW | {"manifest.json": {"origin": origin, "files": {path.name: sha256(path) for path in new}}}


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


class Killed(BaseException):
    """Ends what is done, like a signal that no process can handle."""


def killed(monkeypatch, moment, action):
    """Whether an action is killed at its so-manieth operation on the file system, of which half a copy may remain."""
    operations = itertools.count(1)

    def at(operation):
        def perform(*arguments, **options):
            if (number := next(operations)) >= moment:
                if number == moment and operation is shutil.copyfile:
                    Path(arguments[1]).write_text("half")
                raise Killed  # And all that follows: a dead process cleans nothing up.
            return operation(*arguments, **options)

        return perform

    with monkeypatch.context() as patched:
        patched.setattr(os, "getpid", lambda: 12)
        for place, name in ((os, "replace"), (os, "unlink"), (os, "fsync"), (os, "mkdir"), (shutil, "copyfile")):
            patched.setattr(place, name, at(getattr(place, name)))
        try:
            action()
        except Killed:
            return True
    return False


@pytest.mark.parametrize("before", ["a set", "nothing"])
def test_killed_at_any_moment_every_file_is_whole_and_the_same_command_completes_the_set(
    before, old, new, told, tmp_path, monkeypatch
):
    target, edited = tmp_path / "copy" / "sine", {"edited.png": "mine"} if before == "a set" else {}
    write(old, edited)
    start = visible(old) if before == "a set" else {}
    for moment in itertools.count(1):
        shutil.rmtree(target.parent, ignore_errors=True)
        if before == "a set":
            shutil.copytree(old, target)
        was_killed = killed(monkeypatch, moment, lambda: publish(new, target, "sine-new", told.append))
        for name, content in (visible(target) if target.exists() else {}).items():
            assert content in (start.get(name), published(new).get(name)) or name.startswith(".lstm_toys-"), moment
        publish(new, target, "sine-new", told.append)
        mine = MINE | edited if before == "a set" else {}
        assert visible(target) == mine | published(new), moment
        if not was_killed:
            break
    assert moment > 15
    assert {line.split(" is kept")[0] for line in told} == {str(target / name) for name in edited}
