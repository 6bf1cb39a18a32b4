"""Edits of one's own code and data, and of the library: whether a run stands or is another one, as users run them."""

import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import edits
import library_edits
import numpy as np
import pytest

from conftest import HANG, ROOT
from lstm_toys.execution import devices, lowering, worker
from lstm_toys.execution.base import Job
from lstm_toys.files import SCHEMA, read_json, read_sealed, write_sealed
from lstm_toys.results import storage
from lstm_toys.runs import manifest, resolver

PLAIN = edits.project()
COMMENT = edits.HARMLESS["a comment"]


def carried_out(folder, module, *arguments, python=(), fed=None, code=0, **environment):
    """What a command printed that was run in a folder; the library is the one there, if there is one."""
    kept = {name: value for name, value in os.environ.items() if name not in ("XLA_FLAGS", "PYTHONPATH")}
    kept |= {} if (folder / "lstm_toys").is_dir() else {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *python, "-m", module, *arguments],
        cwd=folder,
        env={**kept, "COLUMNS": "1000", **environment},
        input=fed,
        capture_output=True,
        text=True,
        timeout=HANG,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def written(folder, files):
    """A folder with files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def project(folder, only, files, change=("", "")):
    """A folder with an experiment on a ``GAIN``, or a function ``shape``, of ``only.py``, and other files."""
    made = edits.project() | {"only.py": only if "shape" in only else only + edits.SHAPE} | files
    assert change[0] in made["mine.py"]
    return written(folder, made | {"mine.py": made["mine.py"].replace(*change, 1)})


def runs(folder, name="mine"):
    """The folders of runs, the oldest first."""
    return sorted(folder.glob(f"results/runs/{name}-*/"), key=lambda path: (path / "config.json").stat().st_mtime_ns)


def changed(before, after):
    """Whether two runs were trained on something else, or answer something else."""
    before, after = (storage.load_results(run / "results.nc") for run in (before, after))
    names = ("train_target", "answer", "train_loss", "train_rmse")
    return any(not np.array_equal(before[name], after[name]) for name in names)


def untouched(run):
    """What tells that results were not written again."""
    status = (run / "results.nc").stat()
    return status.st_ino, status.st_mtime_ns


def copied(folder, to):
    """A copy of a folder with finished runs."""
    return Path(shutil.copytree(folder, to, dirs_exist_ok=True))


def finished(folder, *command, **environment):
    """A folder with a finished run, which an untouched command knows."""
    carried_out(folder, *command, **environment)
    assert_known(folder, *command, **environment)
    return folder


def assert_known(folder, *command, **environment):
    """Expects that a command answers at once."""
    told = carried_out(folder, *command, **environment)
    assert "already finished" in told
    assert not any(
        said in told for said in ("computation unchanged", "compared the computation", "differs from", "cpu; XLA")
    )


def line(told, said):
    """The only line that begins with something."""
    (found,) = (each for each in told.splitlines() if each.startswith(said))
    return found


def assert_another(folder, edit, *command, name="mine", **environment):
    """Expects another run after an edit, and one line that names the file."""
    edit.apply(folder)
    told = carried_out(folder, *command, **environment)
    assert "finished" not in told
    assert edit.edited.removesuffix("/__init__.py") in line(told, f"{name}: differs from run {name}-")
    assert len(runs(folder, name)) == 2
    return told


def assert_stands(folder, edit, *command, name="mine", **environment):
    """Expects that a run stands after an edit, which one line names, and is known at once from then on."""
    (run,) = runs(folder, name)
    before = untouched(run)
    edit.apply(folder)
    told = carried_out(folder, *command, **environment)
    assert runs(folder, name) == [run]
    assert untouched(run) == before
    assert edit.edited in line(told, f"{name}: computation unchanged, although ")
    assert_known(folder, *command, **environment)
    return told


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A folder with a finished run of a small experiment."""
    return finished(written(tmp_path_factory.mktemp("plain"), PLAIN), "mine")


FEW = [edits.OWN[name] for name in ("a module that is imported for its effect", "a file that a task reads by NumPy")]


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """A folder with a finished run of an experiment that is made of some of it."""
    folder = written(tmp_path_factory.mktemp("few"), edits.project(FEW))
    carried_out(folder, "mine")
    return folder


def test_an_untouched_run_answers_without_jax_wherever_it_is(few, tmp_path):
    told = carried_out(copied(few, tmp_path), "mine", python=["-X", "importtime"])
    assert "mine: already finished" in told
    assert "jax._src" not in told


def test_edits_that_change_no_number_train_nothing(few, tmp_path):
    folder = copied(few, tmp_path)
    *others, last = (edit for edit in edits.HARMLESS.values() if not edit.moved)
    for edit in others:
        edit.apply(folder)
    assert_stands(folder, last, "mine")


MOVED = {manifest.FOLDERS: ["./elsewhere/"], manifest.IMPORTED: ["./other.py"]}


@pytest.mark.parametrize(
    ("records", "told"),
    [
        ([({}, {})], ""),
        ([({}, MOVED)], ""),
        ([({"./mine.py": "a digest", "./new.py": "absent"}, MOVED)], ""),  # From another folder.
        ([({"./mine.py": "a digest"}, {})], "./mine.py changed"),  # It is deleted.
        ([({"./new.py": "absent"}, {})], "./new.py changed"),
        ([({"./new.py": "another digest"}, MOVED)], "./new.py changed"),
        ([({}, {"Python": "another"})], "Python changed"),
        ([({f"./{name}.py": "a digest" for name in "abcd"}, {})], "./a.py, ./b.py, ./c.py and 1 more changed"),
        ([({"./a.py": "a digest"}, {}), ({}, MOVED)], ""),  # Only since an older state of the code.
    ],
)
def test_what_changed_is_named_only_if_it_did(records, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new.py").touch()
    (tmp_path / "results/runs/mine-0").mkdir(parents=True)
    for number, (own, conditions) in enumerate(records):
        record = {"schema": SCHEMA, "incomplete": None, "declared": "", "own": own, "installed": {}}
        record |= {"conditions": json.loads(json.dumps(manifest._conditions())) | conditions}
        path = tmp_path / f"results/runs/mine-0/loaded-key-{number}.json.gz"
        path.write_bytes(gzip.compress(json.dumps(record).encode()))
    assert resolver._edited(manifest.find(tmp_path / "results/runs", "mine", "key", "")) == told


def test_edits_are_another_run_of_which_there_is_nothing_to_draw(few, tmp_path):
    folder = copied(few, tmp_path)
    for edit in FEW:
        edit.apply(folder)
    told = carried_out(folder, "mine", "--replot", code=2)
    files = ", ".join(f"./{edit.edited}" for edit in FEW)
    assert line(told, "mine: differs from run ").endswith(f"since {files} changed")
    assert "flag --replot: there is no finished run" in told


def test_custom_calls_keep_their_names():
    """All other names in a program's text are numbered."""
    texts = [f"func.func @{name}() {{ stablehlo.custom_call @{called}() }}" for name, called in ("ab", "cb", "ad")]
    same, renamed, other = map(lowering._canonical, texts)
    assert same == renamed != other


@dataclass(frozen=True)
class Computes(Job):
    """A job of a known value."""

    known: dict[str, str]

    def function(self):
        raise NotImplementedError

    def digests(self):
        return self.known


def test_a_worker_with_another_library_is_told_by_what_it_would_compute():
    own = devices.fingerprint(0)
    expected = worker.Expected(own, True, {"initialization": "a", "training": "b"}, lowering.library())
    assert worker._differing(Computes(expected.computes), expected, own) == ()
    differing = worker._differing(Computes(expected.computes | {"initialization": "c"}), expected, own)
    assert differing == ("initialization",)
    newer = own | {"jax": "newer"}
    assert worker._differing(Computes({}), expected, newer) == ()
    assert worker._differing(Computes({}), expected._replace(library="other"), newer) == ("the code of lstm_toys",)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A folder with a finished run of an experiment that is made of everything that is edited."""
    return finished(written(tmp_path_factory.mktemp("many"), edits.project(edits.OWN.values())), "mine")


@pytest.mark.long
@pytest.mark.parametrize("edit", edits.OWN.values(), ids=edits.OWN)
def test_an_edit_of_ones_own_is_another_run(edit, many, tmp_path):
    folder = copied(many, tmp_path)
    assert_another(folder, edit, "mine")
    assert changed(*runs(folder))


@pytest.mark.long
@pytest.mark.parametrize("edit", edits.HARMLESS.values(), ids=edits.HARMLESS)
def test_an_edit_that_changes_no_number_trains_nothing(edit, plain, tmp_path):
    assert_stands(copied(plain, tmp_path), edit, "mine")


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A folder with a library of its own, and finished runs by it."""
    folder = tmp_path_factory.mktemp("library")
    for name in ("lstm_toys", "experiments"):
        copied(ROOT / name, folder / name)
    mine = PLAIN["mine.py"].replace('"hidden"', '"optimizer": "rmsprop_keras", "hidden"')
    written(folder, PLAIN | edits.CLAIMED | {"mine.py": mine})
    table = np.outer(np.arange(8), np.arange(1, 7))
    (folder / "curves.csv").write_text("\n".join([",".join("abcdef"), *(",".join(map(str, row)) for row in table)]))
    for command in (MINE, JUDGED, DATA, SWEEP):
        finished(folder, *command)
    return folder


MINE = ("mine",)
JUDGED = ("experiments.claims", "--claims=claimed", "--seeds=1")
SWEEP = ("experiments.sweep", "--task=mine", "--seeds=1", "--grid=steps=1 2")
DATA = ("experiments.own", "--train=curves.csv", "--seeds=1", "--steps=2", "--hidden=none")


@pytest.mark.long
@pytest.mark.parametrize("edit", library_edits.TRACED.values(), ids=library_edits.TRACED)
def test_an_edit_of_the_library_is_another_run(edit, library, tmp_path):
    folder = copied(library, tmp_path)
    edit.apply(folder)
    told = carried_out(folder, *MINE)
    assert "finished" not in told
    before, after = runs(folder)
    assert (before / "config.json").read_bytes() != (after / "config.json").read_bytes()


ELSEWHERE = {
    **{name: (edit, DATA, "own") for name, edit in library_edits.OF_DATA.items()},
    **{name: (edit, SWEEP, "sweep") for name, edit in library_edits.SWEPT.items()},
}


@pytest.mark.long
@pytest.mark.parametrize(("edit", "command", "name"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_an_edit_of_what_becomes_of_data_or_of_a_sweep_is_another_run(edit, command, name, library, tmp_path):
    assert_another(copied(library, tmp_path), edit, *command, name=name)


def test_what_is_edited_of_the_library_is_there():
    for table in ("TRACED", "MEASURED", "SWEPT", "KEPT", "OF_DATA"):
        for edit in getattr(library_edits, table).values():
            assert edit.old in (ROOT / edit.edited).read_text(), edit


@pytest.mark.long
@pytest.mark.parametrize("edit", library_edits.KEPT.values(), ids=library_edits.KEPT)
def test_an_edit_of_the_library_that_changes_no_number_trains_nothing(edit, library, tmp_path):
    assert_stands(copied(library, tmp_path), edit, *MINE)


@pytest.mark.long
@pytest.mark.parametrize("edit", library_edits.MEASURED.values(), ids=library_edits.MEASURED)
def test_an_edit_of_a_summary_measures_again(edit, library, tmp_path):
    folder = copied(library, tmp_path)
    (run,) = runs(folder)
    before = read_json(run / "metrics.json")["steps_to_goal"]
    assert "measured again, since the code of its measurements changed" in assert_stands(folder, edit, *MINE)
    assert read_json(run / "metrics.json")["steps_to_goal"] != before


@pytest.mark.long
@pytest.mark.parametrize("edit", edits.CLAIMS.values(), ids=edits.CLAIMS)
def test_an_edit_of_claims_judges_again_and_trains_nothing(edit, library, tmp_path):
    folder = copied(library, tmp_path)
    trained = [(run, untouched(run)) for run in runs(folder)]
    edit.apply(folder)
    told = carried_out(folder, *JUDGED)
    assert "finished" not in told
    assert [(run, untouched(run)) for run in runs(folder)] == trained
    before, after = ((run / "claims.json").read_bytes() for run in runs(folder, "claims_claimed"))
    assert before != after


@pytest.mark.long
def test_an_edit_of_a_measure_judges_again(library, tmp_path):
    folder = copied(library, tmp_path)
    edit = edits.Edit({}, "lstm_toys/statistics/measures.py", "jnp.square(answer - shown)", "jnp.abs(answer - shown)")
    edit.apply(folder)
    carried_out(folder, *JUDGED)
    assert len(runs(folder)) == 1
    assert len(runs(folder, "claims_claimed")) == 2


@pytest.mark.long
def test_an_edit_of_a_figure_is_not_even_looked_at(library, tmp_path):
    folder = copied(library, tmp_path)
    edits.Edit({}, "lstm_toys/figures/histories.py", '"step"', '"steps"').apply(folder)
    assert_known(folder, *MINE)


@pytest.mark.long
@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "4242"},
        *({"XLA_FLAGS": f"--xla_force_host_platform_device_count={count}"} for count in (1, 4)),
        *({"JAX_NUM_CPU_DEVICES": str(count)} for count in (1, 4)),
        {"OMP_NUM_THREADS": "1"},
    ],
    ids=str,
)
def test_what_is_computed_is_the_same_in_every_process(environment, plain, tmp_path):
    assert_stands(copied(plain, tmp_path), COMMENT, "mine", **environment)


@pytest.mark.long
@pytest.mark.parametrize("switch", ["JAX_DISABLE_MOST_OPTIMIZATIONS", "JAX_RANDOM_SEED_OFFSET"])
def test_a_switch_of_jax_is_another_run(switch, plain, tmp_path):
    folder = copied(plain, tmp_path)
    told = carried_out(folder, "mine", **{switch: "1"})
    assert "switches of JAX changed" in line(told, "mine: differs from run ")
    assert len(runs(folder)) == 2


@pytest.mark.long
def test_asserts_that_are_left_out_are_looked_at(plain, tmp_path):
    folder = copied(plain, tmp_path)
    assert "mine: computation unchanged, although Python changed" in carried_out(folder, "mine", python=["-O"])


@pytest.mark.long
@pytest.mark.parametrize(("why", "code"), edits.UNSEEN.items(), ids=edits.UNSEEN)
def test_what_cannot_be_seen_is_looked_at_each_time(why, code, plain, tmp_path):
    folder = copied(plain, tmp_path)
    (run,) = runs(folder)
    before = untouched(run)
    edits.Edit({}, "only.py", "", code + PLAIN["only.py"]).apply(folder)
    assert "mine: computation unchanged, although ./only.py changed" in carried_out(folder, "mine")
    for _ in range(2):
        told = line(carried_out(folder, "mine"), "mine: compared the computation, since only.py ")
        assert told.partition("only.py ")[2].startswith(why.partition(",")[0])
    assert runs(folder) == [run]
    assert untouched(run) == before
    assert len(list(run.glob("loaded-*"))) == 2


@pytest.mark.long
@pytest.mark.parametrize(("reader", "writer"), edits.READ.values(), ids=edits.READ)
def test_data_that_are_not_only_read_by_python_are_noticed(reader, writer, plain, tmp_path):
    folder = copied(plain, tmp_path)
    edits.Edit({}, "only.py", "", reader + ("" if "shape" in reader else edits.SHAPE)).apply(folder)
    for gain in (0.3, 0.9):
        subprocess.run([sys.executable, "-c", writer.format(gain=gain)], cwd=folder, check=True)
        carried_out(folder, "mine")
    assert changed(*runs(folder))


def installed(folder):
    """Where packages are installed below a folder, and the environment that finds them there."""
    site = f"place/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    paths = {"PYTHONUSERBASE": str(folder / "place"), "PYTHONPATH": f"{folder / site}{os.pathsep}{ROOT}"}
    return site, paths


LAB = "import h5py\n\n\ndef gain():\n    with h5py.File('gain.h5') as file:\n        return float(file['gain'][()])\n"


@pytest.mark.long
def test_data_that_an_installed_package_reads_without_python_are_noticed(tmp_path):
    site, environment = installed(tmp_path)
    folder = project(tmp_path, "import lab\n\nGAIN = lab.gain()\n", {f"{site}/lab/__init__.py": LAB})
    for gain in (0.3, 0.9):
        write = edits.READ["by h5py"][1].format(gain=gain)
        subprocess.run([sys.executable, "-c", write], cwd=folder, check=True)
        told = carried_out(folder, "mine", **environment)
    assert "; lab uses h5py, which opens files without Python" in line(told, "mine: differs from run ")
    assert changed(*runs(folder))


@pytest.mark.long
def test_data_in_a_folder_of_caches_are_noticed(tmp_path):
    gain = "import os\n\nGAIN = float(open(os.environ['XDG_CACHE_HOME'] + '/lab/gain.txt').read())\n"
    folder = project(tmp_path, gain, {"caches/lab/gain.txt": "0.3"})
    environment = {"XDG_CACHE_HOME": str(folder / "caches")}
    finished(folder, "mine", **environment)
    assert_another(folder, edits.Edit({}, "caches/lab/gain.txt"), "mine", **environment)
    assert changed(*runs(folder))


@pytest.mark.long
@pytest.mark.parametrize("edit", edits.DECLARED.values(), ids=edits.DECLARED)
def test_an_edit_of_what_is_declared_is_another_run(edit, tmp_path):
    folder = finished(written(tmp_path, edit.files), "mine")
    assert_another(folder, edit, "mine")


@pytest.mark.long
def test_a_comment_in_a_model_that_prints_trains_nothing(tmp_path):
    folder = written(tmp_path, edits.DEBUGGED.files)
    assert_stands(finished(folder, "mine"), edits.DEBUGGED, "mine")


@pytest.mark.long
def test_a_run_of_another_machine_does_not_answer_for_data_that_nobody_saw(tmp_path):
    gain = "from pathlib import Path\n\nGAIN = sum(float(path.read_text()) for path in Path('data').iterdir())\n"
    folder = project(tmp_path, gain, {"data/a.txt": "0.3"})
    carried_out(folder, "mine")
    (run,) = runs(folder)
    metrics = read_sealed(run / "metrics.json")
    metrics["fingerprint"]["processor"] = "another"
    write_sealed(run / "metrics.json", metrics)
    written(folder, {"data/b.txt": "0.6"})
    assert "made from the same files" not in carried_out(folder, "mine")
    assert changed(*runs(folder))


@pytest.mark.long
def test_data_from_a_pipe_are_noticed(plain, tmp_path):
    folder = copied(plain, tmp_path)
    edits.Edit({}, "only.py", "", "GAIN = float(open('/dev/stdin').read())" + edits.SHAPE).apply(folder)
    carried_out(folder, "mine", fed="0.3")
    assert "since /dev/stdin, which was read, is not a file" in carried_out(folder, "mine", fed="0.3")
    carried_out(folder, "mine", fed="0.9")
    assert changed(*runs(folder))


@pytest.mark.long
def test_a_module_that_is_imported_before_the_library_is_looked_at_each_time(tmp_path):
    early = {"early.py": "with open('gain.txt') as file:\n    GAIN = float(file.read())\n", "gain.txt": "0.3"}
    before = ("import lstm_toys as lt\n", "import early\nimport lstm_toys as lt\n")
    folder = project(tmp_path, "from early import GAIN\n", early, before)
    carried_out(folder, "mine")
    told = carried_out(folder, "mine")
    assert "mine: compared the computation, since early was imported before lstm_toys" in told
    written(folder, {"gain.txt": "0.9"})
    carried_out(folder, "mine")
    assert changed(*runs(folder))


SLOW = """
import time
from pathlib import Path

Path("begun").touch()
while Path("begun").exists():
    time.sleep(0.01)
"""


@pytest.mark.long
def test_a_module_that_is_edited_while_it_is_imported_is_looked_at_the_next_time(tmp_path):
    folder = project(tmp_path, f"{SLOW}\nGAIN = 0.3\n", {})

    def edited():
        while not (folder / "begun").exists():
            time.sleep(0.01)
        path = folder / "only.py"
        path.write_text(path.read_text().replace(SLOW, "").replace("0.3", "0.9"))
        (folder / "begun").unlink()

    with ThreadPoolExecutor() as pool:
        edit = pool.submit(edited)
        carried_out(folder, "mine")
        edit.result()
    (run,) = runs(folder)
    assert storage.load_results(run / "results.nc").train_target.values[-1, 0] == np.float32(0.3)
    told = line(carried_out(folder, "mine"), "mine: differs from run ")
    assert told.endswith("; ./only.py was changed during the run")
    assert changed(*runs(folder))


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
    folder = finished(project(tmp_path, CALLING, {"gain.txt": "0.3"}, (TARGET, CALLED)), "mine")
    assert_another(folder, edits.Edit({}, "gain.txt"), "mine")
    assert changed(*runs(folder))
    assert_known(folder, "mine")
    edits.Edit({}, "only.py", "np.asarray(x)", "np.asarray(x) + np.float32(0.1)").apply(folder)
    assert "finished" not in carried_out(folder, "mine")
    assert_known(folder, "mine")
    assert len(runs(folder)) == 3


@pytest.mark.long
def test_an_installed_package_that_is_upgraded_or_new_is_noticed(tmp_path):
    site, environment = installed(tmp_path)
    gain = "try:\n    from given import gain\nexcept ImportError:\n    from bought import gain\n\nGAIN = gain()\n"
    folder = project(tmp_path, gain, {f"{site}/bought/__init__.py": "def gain():\n    return 0.3\n"})
    finished(folder, "mine", **environment)
    assert_another(folder, edits.Edit({}, f"{site}/bought/__init__.py"), "mine", **environment)
    assert changed(*runs(folder))
    edits.Edit({}, f"{site}/given.py", "", "def gain():\n    return 0.6\n").apply(folder)
    assert "given" in line(carried_out(folder, "mine", **environment), "mine: differs from run ")
    assert changed(*runs(folder)[1:])


@pytest.mark.long
def test_an_edit_of_when_networks_have_learned_is_another_sweep(tmp_path):
    folder = finished(written(tmp_path, edits.SWEPT.files), *SWEEP)
    assert_another(folder, edits.SWEPT, *SWEEP, name="sweep")


@pytest.mark.long
def test_data_in_a_dictionary_are_noticed_by_a_sweep(tmp_path):
    data = "import lstm_toys as lt\n\nDATA = {'a': lt.read_curves('a.csv')}\n\n\n"
    data += "def shape(x):\n    return DATA['a'].values[0, : len(x)] * x\n"
    folder = finished(project(tmp_path, data, {"a.csv": "a\n" + "0.3\n" * 8}), *SWEEP)
    assert_another(folder, edits.Edit({}, "a.csv"), *SWEEP, name="sweep")


@pytest.mark.long
def test_a_module_that_changes_another_does_not_answer_for_commands_without_it(library, tmp_path):
    folder = copied(library, tmp_path)
    shutil.rmtree(folder / "results")
    claims = (folder / "claimed.py").read_text()
    (folder / "patched.py").write_text(f"import only\n\nonly.shape = lambda x: 0.9 * x\n{claims}")
    for module in ("patched", "claimed"):
        carried_out(folder, "experiments.claims", f"--claims={module}", "--seeds=1")
    assert changed(*runs(folder))


@pytest.mark.long
def test_an_object_that_says_nothing_of_itself_is_looked_at_each_time(tmp_path):
    maker = "class Maker:\n    def task(self, x):\n        return task(x)\n"
    folder = written(tmp_path, edits.declaring(maker, ("task=task,", "task=Maker().task,")))
    for _ in range(4):
        told = carried_out(folder, "mine")
    assert "mine: compared the computation, since the repr of <__main__.Maker object> does not describe its" in told
    (run,) = runs(folder)
    assert len(list(run.glob("loaded-*"))) == 2  # Of the training, and of the looks at it.


EACH_OTHER = """def made():
    def one(x):
        return other(x)

    def other(x):
        return task(x) if len(x) else one(x)

    return one
"""


@pytest.mark.long
def test_functions_that_refer_to_each_other_can_be_declared(tmp_path):
    finished(written(tmp_path, edits.declaring(EACH_OTHER, ("task=task,", "task=made(),"))), "mine")


@pytest.mark.long
def test_code_below_a_folder_of_caches_is_no_cache(plain, tmp_path):
    folder = copied(plain, tmp_path / "project")
    assert_another(folder, edits.Edit({}, "only.py"), "mine", JAX_COMPILATION_CACHE_DIR=str(tmp_path))


MASKED = """
import flax.linen as nn
import jax
import jax.numpy as jnp


class Masked(nn.Module):
    features: int

    @nn.compact
    def __call__(self, inputs):
        def step(total, shown):
            return total + jnp.mean(only.MASK * shown), shown

        total, _ = jax.lax.scan(step, jnp.float32(0), inputs)
        return nn.Dense(self.features)(inputs) + total


def model(task, settings):
    return Masked(len(task.output_features))
"""


@pytest.mark.long
def test_a_number_of_a_large_constant_in_a_model_is_noticed(tmp_path):
    only = "import numpy as np\n\nMASK = np.ones(5000, np.float32)\nMASK[2500] = 0.3\n\n\ndef shape(x):\n    return x\n"
    folder = finished(written(tmp_path, edits.declaring(MASKED, edits.MODEL) | {"only.py": only}), "mine")
    assert_another(folder, edits.Edit({}, "only.py"), "mine")
    assert changed(*runs(folder))
