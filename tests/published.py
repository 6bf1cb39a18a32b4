"""Published sets to replace, and a process that suffers something at every moment while it replaces them.

Imports nothing heavy: a process of its own forks one child for each moment at which something happens to it.
"""

import errno
import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from lstm_toys.files import sha256
from lstm_toys.runs.publishing import STAGE, publish, repair

OLD = {
    "loss.png": "old loss",
    "same.png": "same",
    "stale.png": "stale",
    "edited.png": "published",
    "metrics.json": "{}",
}
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


def manifest(contents, folder, origin):
    return {"origin": origin, "files": {name: sha256(folder / name) for name in contents}}


def in_a_process(what, *arguments):
    """Starts a function of this file in a process of its own."""
    program = f"from tests import published as here; here.{what}(*{[str(each) for each in arguments]})"
    return subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)


CHANGES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir"}
MOMENTS = range(1, 300)
UNHARMED, FAILED, CRASHED, KILLED = 0, 1, 3, 9


def suffer(what, moment):
    """Kills this process at the so-manieth operation on the file system, or lets that fail."""
    operations, sendfile = itertools.count(1), os.sendfile

    def happen():
        if next(operations) == moment:
            if what == "killed":
                os._exit(KILLED)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def hook(event, _):
        if event in CHANGES:
            happen()

    def some_bytes(output, source, offset, size):
        happen()
        return sendfile(output, source, offset, min(size, 5))

    os.fsync = lambda _: happen()
    os.sendfile = some_bytes
    sys.addaudithook(hook)
    return lambda: next(operations) > moment


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


def happens_at_every_moment(folder, before, what, twice):
    """Asserts that the set is the old or the new one, whenever something happens; and to its repair too, if asked."""
    folder = Path(folder)
    os.fsync = lambda _: None
    start, results, state = (folder / name for name in ("before", "results", "state"))
    (start / "sine").mkdir(parents=True)
    if before != "nothing":
        publish(write(folder / "old", OLD), start / "sine", "sine-old", listen)
        write(start / "sine", MINE | {"edited.png": "mine"})
    new, old_set, outcomes = write(folder / "new", NEW), visible(start / "sine"), set()

    def published():
        publish(new, results / "sine", "sine-new", listen)
        return visible(results / "sine")

    def put(source, target=results):
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)

    put(start)
    new_set = published()
    assert new_set.items() >= NEW.items()
    for moment in MOMENTS:
        put(start)
        if outcome(what, moment, publish, new, results / "sine", "sine-new") is None:
            break
        put(results, state)
        repair(results, listen)
        repaired = visible(results / "sine")
        assert repaired in (old_set, new_set), moment
        assert not (results / "sine" / STAGE).exists()
        outcomes.add(repaired == new_set)
        for again in MOMENTS if twice else ():
            put(state)
            unharmed = outcome(what, again, repair, results) is None
            repair(results, listen)
            assert visible(results / "sine") == repaired, (moment, again)
            if unharmed:
                break
            assert again < MOMENTS[-1]
        put(state)
        assert published() == new_set, moment
    assert visible(results / "sine") == new_set
    assert 40 < moment < MOMENTS[-1]
    assert outcomes == {False, True}
