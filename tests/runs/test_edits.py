"""Edits of a user's code and data, and of the library: which numbers and figures the same command then gives."""

import shutil
from pathlib import Path

import edits
import numpy as np
import pytest

from conftest import ROOT, process

EDITS = [*edits.OWN.values()]
MINE = ("mine",)
JUDGED = ("lstm_toys", "claims", "--claims=claimed", "--seeds=1")
SWEEP = ("lstm_toys", "sweep", "--task=mine", "--seeds=1", "--grid=steps=1 2")
DATA = ("experiments.own", "--train=curves.csv", "--seeds=1", "--steps=2", "--hidden=none")


def carried_out(folder, module, *arguments, python=(), code=0, **environment):
    """What a command printed that was run in a folder; the library is the one there, if there is one."""
    library = {} if (folder / "lstm_toys").is_dir() else {"PYTHONPATH": str(ROOT)}
    line, environment = [*python, "-m", module, *arguments], {**library, "COLUMNS": "1000", **environment}
    done = process(*line, code=code, cwd=folder, unset=("XLA_FLAGS", "PYTHONPATH"), env=environment)
    return done.stdout + done.stderr


def numbers(told):
    """The lines of what a command printed that have its numbers, without folders and times."""
    return [line for line in told.splitlines() if any(mark in line for mark in ("│", " learned it:", "%"))]


def written(folder, files):
    """A folder with files."""
    for name, content in files.items():
        edits.write(folder / name, content)
    return folder


def copied(folder, to):
    """A copy of a folder with finished runs."""
    return Path(shutil.copytree(folder, to, dirs_exist_ok=True))


def runs(folder, name="mine"):
    """The folders of runs."""
    return sorted(folder.glob(f"results/runs/{name}-*/"))


def begun(folder, *command, **environment):
    """Carries out a command in a folder, whose numbers are kept there."""
    told = carried_out(folder, *command, **environment)
    (folder / f"{'_'.join(command[:2])}.told").write_text(told)
    return told


def another(folder, *command, **environment):
    """Expects that a command does not give the numbers of its finished run, since networks would have to be trained."""
    assert "would be trained" in carried_out(folder, *command, "--no_training", code=2, **environment)


def stands(folder, *command, **environment):
    """Expects that a command gives the numbers of its finished run."""
    told = carried_out(folder, *command, "--no_training", **environment)
    assert numbers(told) == numbers((folder / f"{'_'.join(command[:2])}.told").read_text()) != []


def reference(folder, *command):
    """The numbers of a command that finds no runs, but for trained networks of ``mine``."""
    (elsewhere := folder / "elsewhere" / "runs").mkdir(parents=True)
    for run in runs(folder):
        shutil.copytree(run, elsewhere / run.name)
    return numbers(carried_out(folder, *command, "--results_dir=elsewhere"))


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    """A folder with a finished run of the project."""
    folder = written(tmp_path_factory.mktemp("mine"), edits.project(EDITS))
    begun(folder, *MINE)
    return folder


def test_a_run_stands_where_texts_and_names_are_edited_wherever_it_is(mine, tmp_path):
    folder = copied(mine, tmp_path)
    for edit in edits.HARMLESS:
        edit.apply(folder)
    stands(folder, *MINE)


def test_edits_of_code_and_data_are_another_run(mine, tmp_path):
    """Each is tried alone."""
    for edit in EDITS:
        folder = copied(mine, tmp_path / edit.edited)
        edit.apply(folder)
        another(folder, *MINE)


@pytest.fixture(scope="module")
def declared(tmp_path_factory):
    """A folder with a finished run of an experiment that declares more."""
    folder = written(tmp_path_factory.mktemp("declared"), edits.DECLARED)
    begun(folder, *MINE)
    return folder


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A folder with a library of its own, and finished runs by it."""
    folder = tmp_path_factory.mktemp("library")
    for name in ("lstm_toys", "experiments"):
        copied(ROOT / name, folder / name)
    files = edits.project(EDITS, "GAIN = 0.3\n", (edits.DRAW, edits.DRAWN)) | edits.LATE
    written(folder, files | edits.CLAIMED)
    np.savetxt(
        folder / "curves.csv", np.outer(np.arange(8) % 5, np.arange(1, 7)), "%d", ",", header="a,b,c,d,e,f", comments=""
    )
    for command in (MINE, JUDGED, DATA, SWEEP):
        begun(folder, *command)
    return folder


OF_NUMBERS = {
    **{name: ("declared", edit, MINE) for name, edit in edits.OF_DECLARED.items()},
    "a measure of the library": ("library", edits.MEASURE, MINE),
    **{f"{name}, on data": ("library", edit, DATA) for name, edit in edits.OF_DATA.items()},
    "the goal, in a sweep": ("library", edits.GOAL, SWEEP),
}


@pytest.mark.long
@pytest.mark.parametrize(("place", "edit", "command"), OF_NUMBERS.values(), ids=OF_NUMBERS)
def test_an_edit_of_what_becomes_numbers_is_another_run(place, edit, command, request, tmp_path):
    folder = copied(request.getfixturevalue(place), tmp_path)
    edit.apply(folder)
    another(folder, *command)


def test_what_is_edited_of_the_library_is_there():
    tables = (edits.OF_DATA, edits.OF_CLAIMS, edits.OF_FIGURES)
    for edit in (edits.MEASURE, *(edit for table in tables for edit in table.values())):
        elsewhere = not edit.edited.startswith(("lstm_toys", "experiments"))
        assert elsewhere or edit.old in (ROOT / edit.edited).read_text(), edit


@pytest.mark.long
@pytest.mark.parametrize("edit", edits.OF_FIGURES.values(), ids=edits.OF_FIGURES)
def test_an_edit_of_what_draws_gives_other_figures_and_trains_nothing(edit, library, tmp_path):
    folder = copied(library, tmp_path)
    (run,) = runs(folder)
    before = (run / "loss.png").read_bytes()
    stands(folder, *MINE)
    assert (run / "loss.png").read_bytes() == before
    edit.apply(folder)
    stands(folder, *MINE)
    assert (run / "loss.png").read_bytes() != before


@pytest.mark.long
@pytest.mark.parametrize("edit", edits.OF_CLAIMS.values(), ids=edits.OF_CLAIMS)
def test_an_edit_of_claims_judges_again_and_trains_nothing(edit, library, tmp_path):
    folder = copied(library, tmp_path)
    edit.apply(folder)
    told = carried_out(folder, *JUDGED, "--no_training")
    assert numbers(told) == reference(folder, *JUDGED)
    judged = [path.read_text().splitlines() for path in folder.glob("*/runs/claims_claimed-*/claims.md")]
    texts = {"\n".join(line for line in each if not line.startswith("Made by")) for each in judged}
    assert len(texts) == 2  # What was judged before, and what is judged now, twice.


@pytest.mark.long
def test_what_is_computed_is_the_same_in_every_process(mine, tmp_path):
    folder = copied(mine, tmp_path)
    edits.HARMLESS[0].apply(folder)
    stands(folder, *MINE, python=["-O"], PYTHONHASHSEED="4242", OMP_NUM_THREADS="1", JAX_NUM_CPU_DEVICES="1")


CALLING = """
import jax
import numpy as np


def read(x):
    with open("gain.txt") as file:
        return np.float32(file.read()) * np.asarray(x)


def shape(x):
    return jax.pure_callback(read, jax.ShapeDtypeStruct(x.shape, x.dtype), x, vmap_method="sequential")
"""
TARGET = 'return lt.reproduce(lt.show(total[None] / len(PARTS), x, ("y",)))'
CALLED = """shown = lt.show(x[None], x, ("y",))
    return lt.Task(lambda *_: lt.Examples(shown, only.shape(shown)), ("y",), ("y",), sequence=True)"""


@pytest.mark.long
def test_a_program_that_calls_python_is_another_run_after_any_edit(tmp_path):
    """What a callback does is not in the program, and files that it reads are opened only when it is called."""
    folder = written(tmp_path, edits.project((), CALLING, (TARGET, CALLED)) | {"gain.txt": "0.3"})
    carried_out(folder, *MINE)
    edits.Edit("gain.txt").apply(folder)
    another(folder, *MINE)
