"""Published sets: each file whole, among files of the user's, and complete once the command is repeated."""

import itertools
import json
import os
import re
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


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("loss.png", lambda place: place.write_text("mine")),
        ("fresh.gif", lambda place: place.write_text("mine")),
        ("fresh.gif", lambda place: place.symlink_to("nowhere")),
        ("fresh.gif", Path.mkdir),
    ],
    ids=["changed", "file", "dangling link", "folder"],
)
def test_what_was_changed_or_never_published_is_not_replaced(old, new, told, name, make):
    make(old / name)
    before = visible(old)
    told_of = r"sine: changed since they were published, or not published; .*: "
    with pytest.raises(NotPublished, match=f"{told_of}{re.escape(name)}$"):
        publish(new, old, "sine-new", told.append)
    assert visible(old) == before
    (old / name).rename(old.parent / "moved")
    publish(new, old, "sine-new", told.append)
    assert (old / name).read_text() == NEW[name]


def test_a_file_of_the_old_set_that_was_changed_stays_and_is_told_once(old, new, told):
    (old / "edited.png").write_text("mine")
    for _ in range(2):
        publish(new, old, "sine-new", told.append)
        assert (old / "edited.png").read_text() == "mine"
        assert [line.split(" is kept")[0] for line in told] == [str(old / "edited.png")]


MANIFESTS = [
    *("", "[]", "{}", '{"files": null}', '{"files": ["loss.png"]}', '{"files": "loss.png"}'),
    *(f'{{"files": {{"{name}": "{{digest}}"}}}}' for name in ("../victim.txt", "{folder}/victim.txt", "..", "")),
]


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_a_manifest_that_lists_no_files_of_its_folder_is_damaged_and_nothing_is_touched(old, new, told, manifest):
    victim = old.parent / "victim.txt"
    victim.write_text("mine")
    text = manifest.replace("{digest}", sha256(victim)).replace("{folder}", str(old.parent))
    (old / "manifest.json").write_text(text)
    before = {path: path.read_bytes() for path in old.parent.rglob("*") if path.is_file()}
    with pytest.raises(NotPublished, match=r"manifest\.json: is damaged: .*; restore it, or move it elsewhere"):
        publish(new, old, "sine-new", told.append)
    assert {path: path.read_bytes() for path in old.parent.rglob("*") if path.is_file()} == before


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


def test_killed_at_any_moment_every_file_is_whole_and_the_same_command_completes_the_set(
    old, new, told, tmp_path, monkeypatch
):
    target, edited = tmp_path / "copy", {"edited.png": "mine"}
    write(old, edited)
    start, was_killed, moment = visible(old), True, 0
    while was_killed:
        moment += 1
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(old, target)
        was_killed = killed(monkeypatch, moment, lambda: publish(new, target, "sine-new", told.append))
        for name, content in visible(target).items():
            assert content in (start.get(name), published(new).get(name)) or name.startswith(".lstm_toys-"), moment
        publish(new, target, "sine-new", told.append)
        assert visible(target) == MINE | edited | published(new), moment
    assert moment > 15
    assert {line.split(" is kept")[0] for line in told} == {str(target / "edited.png")}
