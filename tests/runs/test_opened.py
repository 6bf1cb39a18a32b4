"""What a process has opened and looked for, without anything heavy."""

import os
import shutil
import subprocess
import sys

import edits
import pytest

from conftest import HANG, ROOT

ASKED = """
import lstm_toys
{code}
from lstm_toys import opened

print({asked})
"""


def said(folder, code, asked, *more):
    """What a script prints of what was opened in its process, after some code."""
    (folder / "script.py").write_text(ASKED.format(code=code, asked=asked))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, [*more, ROOT]))}
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=folder, env=environment, capture_output=True, text=True, timeout=HANG
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(("why", "code"), edits.UNSEEN.items(), ids=edits.UNSEEN)
def test_what_is_done_past_the_hook_is_told(why, code, tmp_path):
    assert said(tmp_path, code, "opened.unseen()").startswith(f"script.py {why.partition(',')[0]}")


def test_nothing_is_told_of_what_modules_do_while_they_are_imported(tmp_path):
    code = "import ctypes\nimport multiprocessing\nimport numpy\nimport uuid\n"
    assert said(tmp_path, code, "opened.unseen()") == "None"


@pytest.mark.long
def test_nothing_is_told_of_packages_that_the_library_uses_too(tmp_path):
    names = "flax.linen jax.numpy matplotlib.pyplot optax pandas scipy.stats xarray lstm_toys.results.storage"
    code = "\n".join(f"import {name}" for name in names.split(" "))
    assert said(tmp_path, code, "opened.unseen()") == "None"


@pytest.mark.parametrize(
    ("early", "told"),
    [
        ("import json\n", "None"),
        ("import json\n\nGAIN = json.loads('0.3')\n", "early was imported before lstm_toys"),
        ('"""Words."""\nimport lstm_toys\n\nGAIN = open("script.py").read()\n', "None"),
    ],
)
def test_what_modules_do_before_the_library_is_imported_is_unknown(early, told, tmp_path):
    (tmp_path / "early.py").write_text(early)
    (tmp_path / "script.py").write_text("import early\nfrom lstm_toys import opened\n\nprint(opened.unseen())\n")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == told


@pytest.mark.long
def test_a_module_beside_the_library_is_not_one_of_it(tmp_path):
    shutil.copytree(ROOT / "lstm_toys", tmp_path / "lstm_toys")
    (tmp_path / "lstm_toys_mine.py").write_text("GAIN = open('script.py').read()\n")
    (tmp_path / "script.py").write_text(
        "import lstm_toys_mine\nfrom lstm_toys import opened\n\nprint(opened.unseen())\n"
    )
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=HANG)
    assert done.stdout == "lstm_toys_mine was imported before lstm_toys\n"


def test_files_are_those_that_were_read_whether_or_not_they_were_written_too(tmp_path):
    for name in ("read", "low", "base", "uri", "moved", "both", "back"):
        (tmp_path / name).write_text("")
    code = """
import os, sqlite3
from pathlib import Path
open("read").close()
open("both", "r+").close()
open("back").close()
open("back", "w").close()
open("new", "x+").close()
os.close(os.open("low", os.O_RDONLY))
sqlite3.connect(Path("base")).execute("select 1")
sqlite3.connect("file:uri?mode=ro", uri=True).execute("select 1")
sqlite3.connect(":memory:")
open("written", "w").close()
open("again", "w").close()
open("again").close()
open(".lstm_toys-kept.tmp", "w").close()
os.replace(".lstm_toys-kept.tmp", "kept")
open("kept").close()
os.close(os.open(".", os.O_RDONLY))
"""
    asked = "sorted(os.path.basename(path) for path in opened.files() if path.startswith(os.getcwd()))"
    known = "['again', 'back', 'base', 'both', 'kept', 'low', 'read', 'script.py', 'uri']"
    assert said(tmp_path, code, asked) == known
    asked = "[name for name in ('read', 'back', 'again', 'kept') if opened.written(os.path.abspath(name))]"
    assert said(tmp_path, code.replace('"new"', '"newer"'), asked) == "['back', 'again', 'kept']"


@pytest.mark.parametrize("place", ["", "from lstm_toys import opened\nopened.INSTALLED = (os.getcwd() + os.sep,)\n"])
def test_a_file_that_is_read_and_then_edited_has_changed(place, tmp_path):
    """One of an installed package, too, which may be upgraded while networks are trained."""
    (tmp_path / "read").write_text("old")
    code = f"import os\nfrom pathlib import Path\n\n{place}path = os.path.abspath('read')\nopen(path).close()\n"
    assert said(tmp_path, code, "opened.changed(path)") == "False"
    assert said(tmp_path, code + "Path(path).write_text('new text')\n", "opened.changed(path)") == "True"


SOUGHT = """
import importlib
try:
    import absent
except ImportError:
    pass
try:
    importlib.import_module("within.absent")
except ImportError:
    pass
import behind
"""


def test_places_where_modules_would_be_found_before_those_that_were(tmp_path):
    for name in ("script/within/__init__.py", "other/behind.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    asked = "'\\n'.join(sorted(path.removeprefix(sys.path[0] + '/') for path in opened.missed()))"
    told = said(tmp_path / "script", f"import sys\n{SOUGHT}", asked, tmp_path / "other").splitlines()
    assert {"absent", "absent.py", "absent/__init__.py", "behind", "behind.py", "behind/__init__.py"} <= {*told}
    assert {"within/absent.py", str(tmp_path / "other" / "behind" / "__init__.py")} <= {*told}
    assert not {"script.py", "within/__init__.py", str(tmp_path / "other" / "behind.py")} & {*told}


def test_a_session_that_has_no_file_is_not_recorded():
    code = "from lstm_toys import opened; print(opened.unseen())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=HANG)
    assert done.stdout == "this is an interactive session\n"
