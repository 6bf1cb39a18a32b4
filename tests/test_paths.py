"""Whatever a user names as a path: every flag and public function that takes one ends at once, in one line."""

import inspect
import os
import resource
import signal
import zipfile
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from commands import claims
from matplotlib.figure import Figure
from parts import switched

import lstm_toys as lt
from conftest import carry_out, rarely, refusal, untrained
from experiments import own, sine
from lstm_toys.cli import script
from lstm_toys.results import storage
from lstm_toys.runs import flags
from lstm_toys.runs.experiment import flags_of, parse
from lstm_toys.runs.parts import Parts
from lstm_toys.runs.study import Refused
from lstm_toys.studies import STUDIES

GROWTH, PATIENCE = 3 * 2**29, 120
"""Bytes and seconds that nothing here may need in addition."""

KINDS = ["/dev/zero", "/dev/full", "/proc/self/mem", "/proc/self/pagemap", "pipe", "folder", "loop", "sparse"]


@contextmanager
def bounded():
    """Ends a block that waits, or that needs much more memory."""

    def over(*_):
        raise AssertionError("it waits")

    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    usual = signal.signal(signal.SIGALRM, over)
    resource.setrlimit(resource.RLIMIT_AS, (size + GROWTH, before[1]))
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, usual)
        resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder with paths of every kind, to be in."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("folder").mkdir()
    Path("loop").symlink_to("loop")
    Path("sparse").touch()
    os.truncate("sparse", 2 * 10**9)
    Path("mine.csv").write_text("a,b\n1,2\n2,5\n")
    return tmp_path


TASK, MODEL = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(10)), lt.Stack(1, (2,))
NETWORKS = untrained(TASK, MODEL, diverged=())


def judged(path):
    Parts(Path("runs"), "claims", print).keep("part", [(path,)], list)


READ = {
    "claims.read": lt.claims.read,
    "read_table": lt.read_table,
    "load": lt.load,
    "load_results": lt.load_results,
    "read_curves": lt.read_curves,
    "claims.Claims": judged,
}
FOLDERS = {"find", "list_runs", "Run", "Checkpoints"}
WRITTEN = {
    "save": partial(lt.save, NETWORKS),
    "save_results": partial(lt.save_results, NETWORKS.results),
    "figures.save": partial(lt.figures.save, Figure()),
}


def takes_a_path(function):
    """Whether an argument of a function, or of a class that is no exception and no record, is a path."""
    if not callable(function) or (isinstance(function, type) and issubclass(function, Exception | lt.Recorded)):
        return False
    try:
        return any("Path" in str(each.annotation) for each in inspect.signature(function).parameters.values())
    except ValueError:
        return False


def test_every_public_function_that_takes_a_path_is_tried():
    public = {name: getattr(lt, name) for name in dir(lt)}
    for module in (lt.claims, lt.dynamics, lt.errors, lt.figures, lt.grids, lt.measures, lt.sequences, lt.statistics):
        space = module.__name__.removeprefix("lstm_toys.")
        public |= {f"{space}.{name}": getattr(module, name) for name in module.__all__}
    assert {name for name, each in public.items() if takes_a_path(each)} == {*READ, *WRITTEN, *FOLDERS}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_found_in_what_is_not_a_folder(kind):
    with bounded():
        assert lt.find([lt.ask(sine.EXPERIMENT, "--seeds=2", "--hidden=2", "--timesteps=9")], kind) == [None]
        with nullcontext() if kind == "folder" else pytest.raises(OSError, match=kind):
            assert lt.list_runs(kind).empty


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", READ)
def test_a_function_reads_regular_files_alone(name, kind):
    if (name, kind) == ("claims.Claims", "sparse"):
        pytest.skip("any regular file may be the data of claims")
    with bounded(), pytest.raises((OSError, ValueError, Refused), match=r"^[^\n]+$"):
        READ[name](Path(kind))


@pytest.mark.parametrize("kind", ["/dev/zero", "/dev/full", "pipe"])
@pytest.mark.parametrize("name", WRITTEN)
def test_a_function_replaces_regular_files_alone(name, kind):
    Path("link.png").symlink_to(kind)  # Should it be replaced, then not the device.
    with switched(drawing=True), bounded(), pytest.raises(OSError, match=r"^[^\n]+$"):
        WRITTEN[name](Path("link.png"))
    assert Path("link.png").is_symlink()


def tables():
    """The flags of every command."""
    yield own.EXPERIMENT, flags_of(own.EXPERIMENT)
    yield sine.EXPERIMENT, flags_of(sine.EXPERIMENT)
    for name, settings in STUDIES.items():
        module = __import__(f"lstm_toys.studies.{name}.settings", fromlist=[settings])
        yield getattr(module, settings), flags.of(getattr(module, settings))


def takes_path(flag):
    """Whether a flag makes a path of what is typed, or takes a file only if it is there."""

    def parsed(text):
        try:
            return flag.parser.parse(text)
        except ValueError:
            return None

    values = [parsed(text) for text in (__file__, f"sine={__file__}")] if flag.parser else []
    there = values and values[0] == __file__ and parsed("nowhere") is None
    return there or any(isinstance(part, Path) for each in values for part in (each if type(each) is tuple else [each]))


FLAGS = {
    "results_dir": (sine.EXPERIMENT, ["--no_training"]),
    "cluster": (sine.EXPERIMENT, ["--seeds=2", "--steps=2", "--timesteps=20", "--hidden=4"]),
    "train": (own.EXPERIMENT, []),
    "show": (own.EXPERIMENT, ["--train=mine.csv"]),
    "targets": (own.EXPERIMENT, ["--train=mine.csv"]),
    "answers": (claims, []),
    "flagfile": (sine.EXPERIMENT, []),
}
FIRST = {"answers": "sine="}


def test_every_flag_that_takes_a_path_is_tried():
    taking = {name for _, table in tables() for name, each in table.items() if takes_path(each)}
    assert taking | {"flagfile"} == FLAGS.keys()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [*sorted(FLAGS.keys() - {"cluster", "answers"}), *rarely("cluster", "answers")])
def test_a_flag_takes_regular_files_alone(name, kind, capsys):
    command, others = FLAGS[name]
    with bounded():
        assert carry_out(command, [f"--{name}={FIRST.get(name, '')}{kind}", *others]) == 2
    told = "training" if (name, kind) == ("results_dir", "folder") else kind
    assert told in refusal(capsys)


def test_flags_of_files_stand_in_their_place_and_end():
    Path("outer").write_text("# three\n\n  --seeds=3\n--flagfile=inner\n--steps=5\n")
    Path("inner").write_text("// four\n--seeds=4\n--hidden=8\n")
    settings, _ = parse(sine.EXPERIMENT, ["--steps=9", "--flagfile", "outer", "--hidden=16"])
    assert (settings.seeds, settings.steps, settings.hidden) == (4, 5, (16,))
    Path("inner").write_text("--flagfile=outer\n" * 2)
    Path("binary").write_bytes(b"\xff\xfe\x00")
    for typed, told in {
        "--flagfile=outer": "more than 100 files",
        "--flagfile=": "takes a file",
        "--flagfile": "takes a file",
        "--flagfile=binary": "not text in UTF-8",
        "--flagfile=pipe": "flag --flagfile=pipe: is not a regular file",
        "--undefok=typo": "flag --undefok: is not taken",
        "-undefok": "flag --undefok: is not taken",
    }.items():
        with bounded(), pytest.raises(flags.UsageError, match=told):
            parse(sine.EXPERIMENT, [typed, "--typo=3"] if "undefok" in typed else [typed])


def declared(path, *, header=(1,), unpacked=None):
    """An archive whose only array has few bytes, and says something else."""
    with zipfile.ZipFile(path, "w") as archive:
        with archive.open("a.npy", "w") as file:
            np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": header})
            file.write(bytes(4))
        archive.filelist[0].file_size = unpacked or archive.filelist[0].file_size


def compressed(path):
    """An archive of a few megabytes that unpacks to 5 GB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in "abcde":
            with archive.open(f"{name}.npy", "w") as file:
                shape = (10**9,)
                np.lib.format.write_array_header_1_0(file, {"descr": "|i1", "fortran_order": False, "shape": shape})
                for _ in range(100):
                    file.write(bytes(10**7))


BOMBS = {
    "header": (partial(declared, header=(10**9,)), ""),
    "directory": (partial(declared, unpacked=5 * 10**9), "its arrays would take 5,000,000,000 bytes of memory"),
    "content": (compressed, "its arrays would take 5,000,000,640 bytes of memory"),
}


@pytest.mark.parametrize("name", ["header", "directory", *rarely("content")])
def test_an_archive_that_unpacks_to_much_more_is_damaged_before_it_is_unpacked(name):
    make, told = BOMBS[name]
    make("bomb.npz")
    with bounded(), pytest.raises(lt.errors.Damaged, match=rf"^bomb\.npz: is damaged: {told}"):
        storage.load_parameters("bomb.npz")


def test_results_that_unpack_to_much_more_are_damaged():
    h5py = pytest.importorskip("h5py")
    with h5py.File("bomb.nc", "w") as file:
        file.create_dataset("answer", (5 * 10**9,), "i1", chunks=(10**6,))
    with (
        bounded(),
        pytest.raises(lt.errors.Damaged, match=r"^bomb\.nc: is damaged: its arrays would take 5,000,000,000 bytes"),
    ):
        lt.load_results("bomb.nc")


def test_a_module_that_is_no_file_is_no_command(here):
    os.mkfifo("mine.py")
    with bounded():
        assert script.own_commands(here) == {}
        assert script.unknown("mine", here, ["sine"]).startswith("unknown command 'mine'; did you mean sine")
