"""Published sets: whole or not at all, among files of the user's, whatever interrupts."""

import errno
import fcntl
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from conftest import rarely
from lstm_toys.files import Damaged, sha256, write_json
from lstm_toys.runs import publishing
from lstm_toys.runs.publishing import JOURNAL, LOCK, STAGE, NotPublished, publish, repair

OLD = {
    "loss.png": "old loss",
    "same.png": "same",
    "stale.png": "stale",
    "edited.png": "published",
    "metrics.json": "{}",
}
NEW = {"loss.png": "the new loss", "same.png": "same", "fresh.gif": "fresh", "metrics.json": '{"seeds": 16}'}
MINE = {
    "README.md": "mine",
    "mine.png": "mine",
    ".notes": "mine",
    ".ipynb_checkpoints/loss.png": "mine",
    ".ipynb_checkpoints/.lstm_toys-loss.png.12.tmp": "mine",
}


def write(folder, contents):
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return [folder / name for name in contents]


def visible(target):
    """What a folder holds, hidden or not, by name; the manifest as data."""
    files = {str(path.relative_to(target)): path.read_text() for path in target.rglob("*") if path.is_file()}
    return {name: json.loads(text) if name == "manifest.json" else text for name, text in files.items()}


def manifest(contents, folder, origin):
    return {"origin": origin, "files": {name: sha256(folder / name) for name in contents}}


@pytest.fixture
def target(tmp_path):
    return tmp_path / "results" / "sine"


@pytest.fixture
def told():
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


def test_a_set_is_published_with_its_manifest(new, target, told):
    publish(new, target, "sine-new", told.append)
    assert visible(target) == NEW | {"manifest.json": manifest(NEW, new[0].parent, "sine-new")}
    assert {path.name for path in target.parent.iterdir()} == {"sine", LOCK}
    assert told == []


def test_the_old_set_is_replaced_and_the_users_files_stay(old, new, told):
    publish(new, old, "sine-new", told.append)
    expected = manifest(NEW, new[0].parent, "sine-new")
    assert visible(old) == NEW | MINE | {"manifest.json": expected}
    publish(new, old, "sine-new", told.append)
    assert visible(old) == NEW | MINE | {"manifest.json": expected}
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


@pytest.mark.parametrize("kind", ["file", "link", "dangling link", "folder", "pipe"])
def test_what_was_never_published_is_not_replaced(old, new, told, kind):
    place = old / "fresh.gif"
    {
        "file": lambda: place.write_text("mine"),
        "link": lambda: place.symlink_to("README.md"),
        "dangling link": lambda: place.symlink_to("nowhere"),
        "folder": place.mkdir,
        "pipe": lambda: os.mkfifo(place),
    }[kind]()
    before = visible(old)
    with pytest.raises(NotPublished, match=r"fresh\.gif$"):
        publish(new, old, "sine-new", told.append)
    assert visible(old) == before
    assert os.path.lexists(place)


def test_a_file_of_the_old_set_that_was_changed_stays_and_is_told(old, new, told):
    (old / "edited.png").write_text("mine")
    publish(new, old, "sine-new", told.append)
    assert (old / "edited.png").read_text() == "mine"
    assert [line.split(" is kept")[0] for line in told] == [str(old / "edited.png")]
    publish(new, old, "sine-new", told.append)
    assert len(told) == 1


def test_a_file_of_the_old_set_that_is_gone_is_not_missed(old, new, told):
    (old / "stale.png").unlink()
    (old / "loss.png").unlink()
    publish(new, old, "sine-new", told.append)
    assert visible(old).items() >= NEW.items()
    assert told == []


def test_a_set_may_lie_in_the_folder_of_all_where_others_are_writing(tmp_path, told):
    results = tmp_path / "results"
    writing = results / "runs" / "sine" / ".lstm_toys-loss.png.12.tmp"
    write(results, {"mine.png": "mine", ".lstm_toys-fresh.gif.12.tmp": "half", writing.relative_to(results): "half"})
    publish(write(tmp_path / "new", NEW), results, "page", told.append, folder=results)
    expected = NEW | {"manifest.json": manifest(NEW, results, "page")}
    assert visible(results) == expected | {"mine.png": "mine", str(writing.relative_to(results)): "half", LOCK: ""}
    assert {path.name for path in tmp_path.iterdir()} == {"new", "results"}
    (results / STAGE).mkdir()
    repair(results, told.append)
    assert not (results / STAGE).exists()
    assert told == []


def test_a_set_may_lie_two_folders_below_that_of_all(tmp_path, told):
    results = tmp_path / "results"
    target = results / "papers" / "counting"
    publish(write(tmp_path / "new", NEW), target, "counting-new", told.append, folder=results)
    assert visible(target) == NEW | {"manifest.json": manifest(NEW, tmp_path / "new", "counting-new")}
    assert {path.name for path in results.iterdir()} == {"papers", LOCK}
    (target / STAGE).mkdir()
    repair(results, told.append)
    assert not (target / STAGE).exists()
    assert told == []


def test_without_a_manifest_no_file_is_replaced(tmp_path, target, told):
    write(target, {"loss.png": "mine", "notes.txt": "mine", "other.png": "mine"})
    with pytest.raises(NotPublished, match=r": loss\.png, notes\.txt$"):
        publish(write(tmp_path, {"notes.txt": "", "loss.png": ""}), target, "sine-new", told.append)
    assert (target / "loss.png").read_text() == "mine"


def test_a_set_holds_a_name_once_and_no_manifest_but_its_own(tmp_path, target, told):
    for sources in [write(tmp_path, {"a/loss.png": "", "b/loss.png": ""}), write(tmp_path, {"manifest.json": ""})]:
        with pytest.raises(NotPublished):
            publish(sources, target, "sine-new", told.append)
    assert not target.exists()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
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


def test_a_source_that_is_a_link_is_not_published(tmp_path, target, told):
    (tmp_path / "secret").write_text("of the user")
    (tmp_path / "new.png").symlink_to(tmp_path / "secret")
    with pytest.raises(NotPublished, match=r"new\.png: is a link, not a regular file; remove it"):
        publish([tmp_path / "new.png"], target, "run", told.append)
    assert not target.exists()


def test_a_source_that_cannot_be_read_leaves_the_old_set(old, new, told):
    before = visible(old)
    with pytest.raises(FileNotFoundError):
        publish([*new, new[0].with_name("missing.png")], old, "sine-new", told.append)
    assert visible(old) == before


def test_what_the_user_changes_while_it_is_interrupted_stays(old, new, told):
    (old / STAGE).mkdir()
    for path in new:
        shutil.copy(path, old / STAGE)
    write_json(old / STAGE / "manifest.json", manifest(NEW, new[0].parent, "sine-new"))
    before = {name: sha256(old / name) if name in OLD else None for name in NEW}
    removed = {name: sha256(old / name) for name in OLD if name not in NEW}
    write_json(old / JOURNAL, {"replace": before, "remove": removed})
    (old / "loss.png").write_text("mine")
    repair(old.parent, told.append)
    expected = {"loss.png": "mine", "manifest.json": manifest(NEW, new[0].parent, "sine-new")}
    assert visible(old) == NEW | MINE | expected
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


def in_a_process(what, *arguments):
    """Starts a function of this file in a process of its own."""
    program = f"from tests.runs import test_publishing as here; here.{what}(*{[str(each) for each in arguments]})"
    return subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)


def publish_often(folder, target):
    for _ in range(30):
        publish(sorted(Path(folder).iterdir()), Path(target), folder, sys.exit)


@pytest.mark.long
def test_two_processes_publish_one_after_the_other(tmp_path, target):
    for name, contents in {"old": OLD, "new": NEW}.items():
        write(tmp_path / name, contents)
    processes = [in_a_process("publish_often", tmp_path / name, target) for name in ("old", "new")]
    assert [(process.communicate()[1], process.returncode) for process in processes] == [("", 0)] * 2
    last = visible(target)
    folder = Path(last["manifest.json"]["origin"])
    contents = {"old": OLD, "new": NEW}[folder.name]
    assert last == contents | {"manifest.json": manifest(contents, folder, str(folder))}


# In what follows a process of its own forks one child for each moment at which something happens to it.

CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir"}
MOMENTS = range(1, 300)
UNHARMED, FAILED, CRASHED, KILLED = 0, 1, 3, 9


def suffer(what, moment):
    """Lets something happen to this process at the so-manieth operation on the file system.

    Returns:
        What tells whether it happened.
    """
    operations = itertools.count(1)
    sendfile = os.sendfile
    happened = False

    def happen(takes_space):
        nonlocal happened
        number = next(operations)
        if number == moment or (what == "full" and number > moment and takes_space):
            happened = True
            if what == "killed":
                os._exit(KILLED)
            if what == "failed" or takes_space:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def hook(event, arguments):
        if event == "open":
            happen(arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        elif event in CHANGES:
            happen(event == "os.mkdir")

    def some_bytes(output, source, offset, size):
        happen(True)
        return sendfile(output, source, offset, min(size, 5))

    os.fsync = lambda _: happen(False)
    os.sendfile = some_bytes
    sys.addaudithook(hook)
    return lambda: happened


def outcome(what, moment, action, *arguments):
    """How a child ends that does something while something happens to it; None if it is done before that."""
    if child := os.fork():
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert code != CRASHED
        return None if code == UNHARMED else code
    code = CRASHED
    try:
        happened = suffer(what, moment)
        action(*arguments, listen)
        code = FAILED if happened() else UNHARMED
    except OSError:
        code = FAILED
    finally:
        os._exit(code)


def listen(line):
    """Hears of nothing but the file that was changed."""
    assert "edited.png" in line


def prepare(folder, before):
    """A folder of published sets as it is before, and the files of the new set."""
    target = folder / "before" / "sine"
    target.parent.mkdir()
    if before != "nothing":
        publish(write(folder / "old", OLD), target, "sine-old", listen)
        write(target, MINE | {"edited.png": "mine"})
    return target.parent, write(folder / "new", NEW)


def happens_at_every_moment(folder, before, what, twice):
    """Asserts that the set is the old or the new one, whenever something happens; and to its repair too, if asked."""
    folder = Path(folder)
    os.fsync = lambda _: None
    start, new = prepare(folder, before)
    results = folder / "results"
    old_set, outcomes = visible(start / "sine"), set()

    def put_back(state):
        shutil.rmtree(results, ignore_errors=True)
        shutil.copytree(state, results)

    put_back(start)
    publish(new, results / "sine", "sine-new", listen)
    new_set = visible(results / "sine")
    assert new_set.items() >= NEW.items()
    for moment in MOMENTS:
        put_back(start)
        if outcome(what, moment, publish, new, results / "sine", "sine-new") is None:
            break
        if what == "full":
            assert visible(results / "sine") in (old_set, new_set), moment
        state = folder / f"state-{moment}"
        shutil.copytree(results, state)
        repair(results, listen)
        repaired = visible(results / "sine")
        assert repaired in (old_set, new_set), moment
        assert not (results / "sine" / STAGE).exists()
        outcomes.add(repaired == new_set)
        for again in MOMENTS if twice else ():
            put_back(state)
            unharmed = outcome(what, again, repair, results) is None
            repair(results, listen)
            assert visible(results / "sine") == repaired, (moment, again)
            if unharmed:
                break
            assert again < MOMENTS[-1]
        put_back(state)
        publish(new, results / "sine", "sine-new", listen)
        assert visible(results / "sine") == new_set, moment
        shutil.rmtree(state)
    assert visible(results / "sine") == new_set
    assert 40 < moment < MOMENTS[-1]
    assert outcomes == {False, True}


@pytest.fixture
def scratch():
    """A folder, in memory where that is possible: thousands of folders are made in it, and removed."""
    memory = "/dev/shm"
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield folder


@pytest.mark.parametrize("before", ["a set", *rarely("nothing")])
@pytest.mark.parametrize("what", ["killed", *rarely("failed", "full")])
def test_whenever_something_happens_the_set_is_the_old_or_the_new_one(scratch, before, what):
    process = in_a_process("happens_at_every_moment", scratch, before, what, "")
    assert (process.communicate()[1], process.returncode) == ("", 0)


@pytest.mark.long
@pytest.mark.parametrize("what", ["killed", "failed"])
def test_whenever_something_happens_to_the_repair_another_repair_finishes_it(scratch, what):
    process = in_a_process("happens_at_every_moment", scratch, "a set", what, "twice")
    assert (process.communicate()[1], process.returncode) == ("", 0)
