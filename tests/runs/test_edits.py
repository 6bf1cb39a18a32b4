"""Edits of a user's code and data, and of the library: whether a run stands or is another one, as users run them."""

import os
import shutil
import sys
import time
from pathlib import Path

import edits
import numpy as np
import pytest

from conftest import HEAVY, ROOT, process, rarely
from lstm_toys import opened
from lstm_toys.results import storage

EDITS = [*edits.OWN.values()]
MINE = ("mine",)
JUDGED = ("experiments.claims", "--claims=claimed", "--seeds=1")
SWEEP = ("experiments.sweep", "--task=mine", "--seeds=1", "--grid=steps=1 2")
DATA = ("experiments.own", "--train=curves.csv", "--seeds=1", "--steps=2", "--hidden=none")


def carried_out(folder, module, *arguments, python=(), code=0, **environment):
    """What a command printed that was run in a folder; the library is the one there, if there is one."""
    kept = {name: value for name, value in os.environ.items() if name not in ("XLA_FLAGS", "PYTHONPATH")}
    kept |= {} if (folder / "lstm_toys").is_dir() else {"PYTHONPATH": str(ROOT)}
    line, environment = [*python, "-m", module, *arguments], {**kept, "COLUMNS": "1000", **environment}
    done = process(*line, code=code, cwd=folder, env=environment)
    return done.stdout + done.stderr


def written(folder, files):
    """A folder with files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def copied(folder, to):
    """A copy of a folder with finished runs."""
    return Path(shutil.copytree(folder, to, dirs_exist_ok=True))


def runs(folder, name="mine"):
    """The folders of runs."""
    return sorted(folder.glob(f"results/runs/{name}-*/"))


def numbers(folder):
    """What tells that results of any run are not written again, and that there are no others."""
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.glob("results/runs/*/results.nc")}


def line(told, said):
    """The only line that begins with something."""
    (found,) = (each for each in told.splitlines() if each.startswith(said))
    return found


def another(folder, *command, name="mine", **environment):
    """Expects that a command is about another run than the finished one, and returns the line that says why."""
    told = carried_out(folder, *command, "--replot", code=2, **environment)
    assert "flag --replot: there is no finished run" in told
    return line(told, f"{name}: differs from run {name}-")


def stands(folder, *command, **environment):
    """Expects that a command finds its finished run and leaves its numbers alone; returns what it printed."""
    before = numbers(folder)
    told = carried_out(folder, *command, **environment)
    assert "already finished" in told or ("computation unchanged" in told and "redrawn" in told)
    assert "differs from" not in told
    assert numbers(folder) == before
    return told


def assert_known(folder, *command, **environment):
    """Expects that a command answers at once, without looking at what would be computed."""
    assert "computation" not in stands(folder, *command, **environment)


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    """A folder with a finished run of the project."""
    folder = written(tmp_path_factory.mktemp("mine"), edits.project(EDITS))
    carried_out(folder, "mine")
    return folder


def test_a_run_stands_where_texts_and_names_are_edited_and_answers_without_jax_wherever_it_is(mine, tmp_path):
    folder = copied(mine, tmp_path)
    told = stands(folder, "mine", python=["-X", "importtime"])
    imported = {each.rpartition("|")[2].strip() for each in told.splitlines() if each.startswith("import time:")}
    assert imported.isdisjoint(HEAVY), imported.intersection(HEAVY)
    for edit in edits.HARMLESS:
        edit.apply(folder)
    assert "mine: computation unchanged, although ./mine.py, ./half.py changed" in stands(folder, "mine")
    assert_known(folder, "mine")


PAIRS = [EDITS[first : first + 2] for first in range(0, len(EDITS), 2)]


@pytest.mark.parametrize("pair", [PAIRS[0], *rarely(*((pair,) for pair in PAIRS[1:]))])
def test_edits_of_code_and_data_are_another_run(pair, mine, tmp_path):
    folder = copied(mine, tmp_path)
    for edit in pair:
        edit.apply(folder)
    told = another(folder, "mine")
    assert all(f"./{edit.edited}" in told.partition(" since ")[2] for edit in pair)


@pytest.fixture(scope="module")
def declared(tmp_path_factory):
    """A folder with a finished run of an experiment that declares more."""
    folder = written(tmp_path_factory.mktemp("declared"), edits.DECLARED)
    carried_out(folder, "mine")
    return folder


@pytest.mark.long
@pytest.mark.parametrize("edit", edits.OF_DECLARED.values(), ids=edits.OF_DECLARED)
def test_an_edit_of_what_is_declared_is_another_run(edit, declared, tmp_path):
    folder = copied(declared, tmp_path)
    edit.apply(folder)
    assert another(folder, "mine").endswith("since ./mine.py changed")


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A folder with a library of its own, and finished runs by it."""
    folder = tmp_path_factory.mktemp("library")
    for name in ("lstm_toys", "experiments"):
        copied(ROOT / name, folder / name)
    written(folder, edits.project([*EDITS, *edits.LOADING.values()]) | edits.CLAIMED)
    np.savetxt(
        folder / "curves.csv", np.outer(np.arange(8) % 5, np.arange(1, 7)), "%d", ",", header="a,b,c,d,e,f", comments=""
    )
    for command in (MINE, JUDGED, DATA, SWEEP):
        carried_out(folder, *command)
    return folder


OF_LIBRARY = {
    **{name: (edit, MINE, "mine") for name, edit in edits.TRACED.items()},
    **{name: (edit, MINE, "mine") for name, edit in edits.LOADING.items()},
    **{f"{name}, on data": (edit, DATA, "own") for name, edit in edits.OF_DATA.items()},
    **{f"{name}, in a sweep": (edit, SWEEP, "sweep") for name, edit in edits.OF_SWEEPS.items()},
}


@pytest.mark.long
@pytest.mark.parametrize(("edit", "command", "name"), OF_LIBRARY.values(), ids=OF_LIBRARY)
def test_an_edit_of_what_becomes_numbers_is_another_run(edit, command, name, library, tmp_path):
    folder = copied(library, tmp_path)
    edit.apply(folder)
    assert edit.edited in another(folder, *command, name=name)


def test_what_is_edited_of_the_library_is_there():
    tables = (edits.TRACED, edits.OF_DATA, edits.OF_SWEEPS, edits.OF_CLAIMS)
    every = [edits.FIGURE, *edits.KEPT, *(edit for table in tables for edit in table.values())]
    for edit in every:
        assert (
            not edit.edited.startswith(("lstm_toys", "experiments")) or edit.old in (ROOT / edit.edited).read_text()
        ), edit


@pytest.mark.long
def test_edits_of_the_library_that_change_no_number_train_nothing(library, tmp_path):
    folder = copied(library, tmp_path)
    edits.FIGURE.apply(folder)
    assert "mine: redrawn" in stands(folder, *MINE)
    for edit in edits.KEPT:
        edit.apply(folder)
    assert "lstm_toys/networks/training.py" in line(stands(folder, *MINE), "mine: computation unchanged, although ")
    assert_known(folder, *MINE)


@pytest.mark.long
@pytest.mark.parametrize("edit", edits.OF_CLAIMS.values(), ids=edits.OF_CLAIMS)
def test_an_edit_of_claims_judges_again_and_trains_nothing(edit, library, tmp_path):
    folder = copied(library, tmp_path)
    edit.apply(folder)
    assert edit.edited in line(carried_out(folder, *JUDGED), "claims_claimed: differs from run ")
    assert len(runs(folder, "claims_claimed")) == 2
    assert len(runs(folder)) == 1


@pytest.mark.long
@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "4242", "OMP_NUM_THREADS": "1", "JAX_NUM_CPU_DEVICES": "1"},
        {"XLA_FLAGS": "--xla_force_host_platform_device_count=4"},
    ],
    ids=str,
)
def test_what_is_computed_is_the_same_in_every_process(environment, mine, tmp_path):
    folder = copied(mine, tmp_path)
    edits.HARMLESS[0].apply(folder)
    assert "mine: computation unchanged, although " in stands(folder, "mine", **environment)


@pytest.mark.long
def test_a_switch_of_jax_is_another_run_and_asserts_that_are_left_out_are_looked_at(mine, tmp_path):
    folder = copied(mine, tmp_path)
    assert "mine: computation unchanged, although Python changed" in stands(folder, "mine", python=["-O"])
    for switch in ("JAX_DISABLE_MOST_OPTIMIZATIONS", "JAX_RANDOM_SEED_OFFSET"):
        assert "switches of JAX changed" in another(folder, "mine", **{switch: "1"})


@pytest.mark.long
@pytest.mark.parametrize(("why", "code"), edits.UNSEEN.items(), ids=edits.UNSEEN)
def test_what_cannot_be_seen_is_looked_at_each_time(why, code, mine, tmp_path):
    folder = copied(mine, tmp_path)
    edits.Edit("only.py", "GAIN = 0.3", f"{code}\nGAIN = 0.3").apply(folder)
    assert "mine: computation unchanged, although ./only.py changed" in stands(folder, "mine")
    for _ in range(2):
        assert f"mine: compared the computation, since only.py {why}" in stands(folder, "mine")
    (run,) = runs(folder)
    assert len(list(run.glob("loaded-*"))) == 2


@pytest.mark.long
def test_data_that_are_read_before_the_library_is_imported_are_noticed(tmp_path):
    early = {"early.py": "with open('gain.txt') as file:\n    GAIN = float(file.read())\n", "gain.txt": "0.3"}
    before = (edits.LIBRARY, f"import early\n{edits.LIBRARY}")
    folder = written(tmp_path, edits.project((), "from early import GAIN\n", before) | early)
    carried_out(folder, "mine")
    assert "mine: compared the computation, since early.py was imported before lstm_toys" in stands(folder, "mine")
    edits.Edit("gain.txt").apply(folder)
    another(folder, "mine")


@pytest.mark.long
def test_an_installed_package_that_is_upgraded_or_new_is_noticed(tmp_path):
    site = f"place/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    paths = os.pathsep.join([str(tmp_path / site), str(ROOT)])
    environment = {"PYTHONUSERBASE": str(tmp_path / "place"), "PYTHONPATH": paths}
    gain = "try:\n    from given import gain\nexcept ImportError:\n    from bought import gain\n\nGAIN = gain()\n"
    bought = {
        f"{site}/bought/__init__.py": "def gain():\n    return 0.3\n",
        f"{site}/bought-1.0.dist-info/METADATA": "",
    }
    folder = written(tmp_path, edits.project((), gain) | bought)
    carried_out(folder, "mine", **environment)
    assert_known(folder, "mine", **environment)
    written(folder, {f"{site}/bought/__init__.py": "def gain():\n    return 0.25\n"})
    (folder / site / "bought-1.0.dist-info").rename(folder / site / "bought-2.0.dist-info")
    assert "installed packages changed" in another(folder, "mine", **environment)
    given = {f"{site}/given.py": "def gain():\n    return 0.65\n", f"{site}/given-1.0.dist-info/METADATA": ""}
    written(folder, given)
    assert "installed packages changed" in another(folder, "mine", **environment)


def test_a_module_counts_as_changed_if_it_was_edited_since_the_process_began(tmp_path, monkeypatch):
    module = tmp_path / "only.py"
    module.write_text("GAIN = 0.3\n")
    time.sleep(0.02)  # Some file systems count in steps of ten milliseconds.
    monkeypatch.setattr(opened, "_began", time.time_ns())
    assert not opened.changed(str(module))
    time.sleep(0.02)
    module.write_text("GAIN = 0.9\n")
    os.utime(module, (0, 0))
    assert opened.changed(str(module))


@pytest.mark.long
def test_a_module_that_is_edited_during_a_run_is_looked_at_the_next_time(tmp_path):
    edited = "import os\n\nif os.path.exists('later.py'):\n    os.replace('later.py', 'only.py')\n"
    folder = written(tmp_path, edits.project((), f"GAIN = 0.3\n{edited}") | {"later.py": f"GAIN = 0.9\n{edits.SHAPE}"})
    os.utime(folder / "only.py", (0, 0))  # Else Python may take the edited file for the compiled one.
    carried_out(folder, "mine")
    (run,) = runs(folder)
    assert storage.load_results(run / "results.nc").train_target.values[-1, 0] == np.float32(0.3)
    assert another(folder, "mine").endswith("; ./only.py was changed during the run")


CALLING = """
import jax
import numpy as np


def read(x):
    with open("gain.txt") as file:
        return np.float32(file.read()) * np.asarray(x)


def shape(x):
    return jax.pure_callback(read, jax.ShapeDtypeStruct(x.shape, x.dtype), x, vmap_method="sequential")
"""
TARGET = 'return lt.reproduce_curves(lt.show(total[None] / len(PARTS), x, ("y",)), ("y",))'
CALLED = """shown = lt.show(x[None], x, ("y",))
    return lt.Task(lambda *_: lt.Examples(shown, only.shape(shown)), ("y",), ("y",), sequence=True)"""


@pytest.mark.long
def test_a_program_that_calls_python_is_another_run_after_any_edit(tmp_path):
    """What a callback does is not in the program, and files that it reads are opened only when it is called."""
    folder = written(tmp_path, edits.project((), CALLING, (TARGET, CALLED)) | {"gain.txt": "0.3"})
    carried_out(folder, "mine")
    assert_known(folder, "mine")
    edits.Edit("gain.txt").apply(folder)
    assert another(folder, "mine").endswith("since ./gain.txt changed")
