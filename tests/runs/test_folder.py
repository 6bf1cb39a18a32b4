"""Runs on disk: their names, their folders, their locks."""

import dataclasses
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lstm_toys.files import SCHEMA, Damaged, write_json
from lstm_toys.runs import manifest
from lstm_toys.runs.folder import Busy, Gone, Obstructed, Run
from lstm_toys.runs.identity import Settings

SETTINGS = Settings(
    experiment="sine",
    seeds=16,
    base_seed=0,
    steps=4_000,
    learning_rate=0.1,
    optimizer="sgd",
    momentum=None,
    decay=None,
    hidden=(32,),
    readout="cell",
    timesteps=100,
    noise=0.0,
    block=None,
    keep_steps=(),
    numbers=(("amplitude", 0.3),),
)
OTHERS = (
    {"experiment": "line", "seeds": 17, "base_seed": 1, "steps": 4_001, "learning_rate": 0.2, "optimizer": "adam"}
    | {"momentum": 0.5, "decay": 0.99, "hidden": (32, 32), "readout": "dense", "timesteps": 50, "noise": 0.1}
    | {"block": 4, "keep_steps": (10,), "numbers": (), "cell": "gru", "gates": "hard"}
)

ONE, OTHER = {"probes": "one", "training": "one"}, {"probes": "one", "training": "two", "goal": "one"}


@pytest.fixture
def run(tmp_path):
    run = computing(ONE, results_dir=tmp_path / "results")
    run.folder.mkdir(parents=True)
    with run.locked():
        pass
    return run


def computing(value, settings=SETTINGS, results_dir=Path()):
    """A run that computes something."""
    run = Run(settings, results_dir)
    run.computes(value)
    return run


def named(settings=SETTINGS, value=ONE):
    """The name of a run's folder."""
    return computing(value, settings).folder.name


def test_equal_settings_are_the_same_run():
    assert re.fullmatch("sine-[0-9a-f]{10}", named(dataclasses.replace(SETTINGS)))
    assert named(dataclasses.replace(SETTINGS)) == named()


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Settings)])
def test_any_other_setting_is_another_run(name):
    assert named(dataclasses.replace(SETTINGS, **{name: OTHERS[name]})) != named()


def test_what_computes_something_else_is_another_run():
    assert named(value=OTHER) != named(value=ONE)


def test_the_folder_is_known_only_once_it_is_known_what_is_computed(tmp_path):
    run = Run(SETTINGS, tmp_path)
    assert not run.known
    assert not run.finished
    with pytest.raises(RuntimeError, match="the folder is unknown"):
        _ = run.folder


SWITCHES = {
    "JAX_ENABLE_X64": "1",
    "JAX_DEFAULT_PRNG_IMPL": "rbg",
    "JAX_THREEFRY_PARTITIONABLE": "0",
    "JAX_RANDOM_SEED_OFFSET": "5",
    "JAX_DEFAULT_MATMUL_PRECISION": "bfloat16",
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
    "FLAX_FIX_RNG_SEPARATOR": "1",
}


@pytest.mark.long
def test_a_switch_of_jax_that_changes_bits_is_another_run_and_read_as_jax_reads_it():
    program = (
        "from lstm_toys.execution.switches import environment, switches; early = switches(); "
        "import jax, flax; assert switches() == early == environment(), (early, switches()); "
        "from lstm_toys.execution import lowering; print(lowering.compiled())"
    )
    inherited = {name: value for name, value in os.environ.items() if name not in SWITCHES}
    processes = [
        subprocess.Popen([sys.executable, "-c", program], env={**inherited, **each}, stdout=subprocess.PIPE, text=True)
        for each in ({}, *({name: value} for name, value in SWITCHES.items()))
    ]
    names = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    assert len(set(names)) == len(names)


def test_a_run_says_what_it_is(run):
    config = json.loads((run.folder / "config.json").read_text())
    assert (config.pop("value"), config.pop("schema")) == (ONE, SCHEMA)
    assert (config.pop("hidden"), config.pop("keep_steps")) == ([32], [])
    assert config.pop("train_amplitude") == 0.3
    told = dataclasses.asdict(SETTINGS)
    assert config == {name: value for name, value in told.items() if name not in ("hidden", "keep_steps", "numbers")}


def test_a_run_knows_those_of_the_same_settings(run):
    other = computing(OTHER, results_dir=run.results_dir)
    assert [(folder, theirs["value"]) for folder, theirs in other.relatives()] == [(run.folder, ONE)]
    assert not list(computing(ONE, dataclasses.replace(SETTINGS, seeds=3), run.results_dir).relatives())


def test_a_lock_keeps_others_away_and_leaves_the_settings_alone(run):
    before = (run.folder / "config.json").stat().st_mtime_ns
    with run.locked():
        with pytest.raises(Busy, match=run.folder.name), computing(ONE, results_dir=run.results_dir).locked():
            pass
        other = computing(ONE, dataclasses.replace(SETTINGS, seeds=3), run.results_dir)
        other.folder.mkdir()
        with other.locked():
            pass
    with run.locked():
        pass
    assert (run.folder / "config.json").stat().st_mtime_ns == before
    assert {path.name for path in run.folder.iterdir()} == {"config.json", ".lock"}


@pytest.mark.parametrize("away", [shutil.rmtree, lambda folder: folder.rename(folder.with_name("moved"))])
@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("raised", [None, FileNotFoundError("of a file in it")])
def test_a_folder_that_goes_away_is_told(run, away, again, raised):
    def leave():
        with run.locked() as ensure:
            ensure()
            away(run.folder)
            if again:  # By another process.
                run.folder.mkdir()
                (run.folder / ".lock").touch()
            with pytest.raises(Gone):
                ensure()
            if raised:
                raise raised

    with pytest.raises(Gone, match=rf"^{run.folder} was removed or moved during the run; run the same command again$"):
        leave()


def test_a_lock_ends_with_its_process(run):
    program = f"""
import os, signal
from pathlib import Path
from tests.runs.test_folder import ONE, computing
with computing(ONE, results_dir=Path({str(run.results_dir)!r})).locked():
    print("locked", flush=True)
    signal.pause()
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "locked\n"
    with pytest.raises(Busy), run.locked():
        pass
    process.kill()
    process.communicate()
    with run.locked():
        pass


def test_a_lock_removes_what_a_killed_process_left_half_written_and_nothing_else(run):
    (run.folder / ".lstm_toys-results.nc.123.tmp").write_text("half")
    run.checkpoints.mkdir()
    (run.checkpoints / ".lstm_toys-members-0-15-step-20.checkpoint.123.tmp").write_text("half")
    (run.folder / ".mynotes").write_text("mine")
    (run.folder / ".ipynb_checkpoints").mkdir()
    with run.locked():
        pass
    left = {path.name for path in run.folder.rglob("*")}
    assert left == {"config.json", ".lock", "checkpoints", ".mynotes", ".ipynb_checkpoints"}


def test_a_folder_of_another_run_is_left_alone_unless_it_is_to_be_made_anew(run):
    other = json.dumps({**run.identity, "seeds": 3})
    (run.folder / "config.json").write_text(other)
    with pytest.raises(Damaged, match="does not match the name"), run.locked():
        pass
    assert (run.folder / "config.json").read_text() == other
    with run.locked(anew=True):
        assert json.loads((run.folder / "config.json").read_text()) == run.identity


@pytest.mark.parametrize("name", ["config.json", "metrics.json", "results.nc", "parameters.npz"])
def test_a_folder_in_the_place_of_a_file_is_told_before_anything_else(run, name):
    (run.folder / name).unlink(missing_ok=True)
    (run.folder / name).mkdir()
    for anew in (False, True):
        with pytest.raises(Obstructed, match=f"{name} is a folder, .* move it elsewhere"), run.locked(anew=anew):
            pass
    (run.folder / name).rmdir()
    with run.locked():
        pass


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("nowhere")], ids=["pipe", "link"])
def test_what_cannot_be_locked_is_told(run, make):
    lock = run.folder / ".lock"
    lock.unlink()
    make(lock)
    for anew in (False, True):
        with pytest.raises(Obstructed, match=r"\.lock: is .*, not a regular file; move it"), run.locked(anew=anew):
            pass
    assert not (run.folder / "nowhere").exists()


def finish(run, **metrics):
    (run.folder / "results.nc").write_text("arrays")
    run.write_metrics({"files": run.digests(["results.nc"]), "seconds": {}, **metrics})


def test_a_run_is_finished_while_all_that_it_wrote_is_there(run):
    assert not run.finished
    with pytest.raises(FileNotFoundError):
        run.read_metrics()
    finish(run, seeds=16)
    assert run.finished
    assert run.read_metrics()["seeds"] == 16
    assert run.read_metrics()["run"] == run.folder.name
    (run.folder / "results.nc").unlink()
    assert (run.finished, run.missing) == (False, ["results.nc"])
    finish(run)
    with run.locked(anew=True):
        assert not run.finished


def test_a_file_that_the_run_did_not_write_is_told(run):
    finish(run)
    assert run.checked("results.nc").read_text() == "arrays"
    (run.folder / "results.nc").write_text("others")
    with pytest.raises(Damaged, match="not what this run wrote"):
        run.checked("results.nc")
    (run.folder / "results.nc").unlink()
    with pytest.raises(Damaged, match="is missing"):
        run.checked("results.nc")
    (run.results_dir / "arrays").write_text("arrays")
    (run.folder / "results.nc").symlink_to(run.results_dir / "arrays")
    with pytest.raises(Damaged, match=r"results\.nc: is a link"):
        run.checked("results.nc")


@pytest.mark.parametrize("name", ["files", "run", "seconds", "sha256"])
def test_an_edited_summary_is_told(run, name):
    finish(run)
    metrics = json.loads(run.metrics.read_text())
    for value in (3, None, [], {}):
        if metrics[name] != value:
            write_json(run.metrics, {**metrics, name: value})
            with pytest.raises(Damaged, match="not what was written"):
                run.read_metrics()
    write_json(run.metrics, {key: value for key, value in metrics.items() if key != name})
    with pytest.raises(Damaged, match="not what was written"):
        run.read_metrics()


@pytest.mark.parametrize(
    "changes",
    [{"files": 3}, {"files": {"results.nc": 3}}, {"figures": 3}, {"figures": [[]]}, {"needs": None}, {"seconds": []}],
)
def test_a_summary_that_describes_no_run_is_told(run, changes):
    finish(run)
    run.write_metrics(run.read_metrics() | changes)
    with pytest.raises(Damaged, match=r"metrics\.json: is damaged: it does not describe a run"):
        run.read_metrics()


def test_a_finished_run_knows_what_it_computes_without_its_settings(run):
    finish(run)
    (run.folder / "config.json").write_text("{}")
    again = Run(SETTINGS, run.results_dir)
    again.lies(run.folder)
    assert again.value == ONE
    with pytest.raises(Damaged, match="does not match the name of its folder"), again.locked():
        pass


def records(folder, content):
    """Leaves a manifest of a run."""
    path = folder / f"{manifest.PREFIX}key-0.json.gz"
    path.write_bytes(content)
    return path


def recorded(**changes):
    record = {"schema": SCHEMA, "incomplete": None, "declared": "", "conditions": {}, "own": {}, "installed": {}}
    return gzip.compress(json.dumps(record | changes).encode())


def test_a_manifest_is_found(run):
    records(run.folder, recorded(own={"a\0b": "absent", "/proc/self/status": "absent", "./nowhere": "absent"}))
    (found,) = manifest.find(run.runs, "sine", "key", "")
    assert "/proc/self/status" in found.touched
    assert not {"a\0b", "./nowhere"} & {*found.touched}


BROKEN = {
    "empty": b"",
    "cut": recorded()[:-9],
    "text": b"{}",
    "list": gzip.compress(b"[]"),
    "nested": gzip.compress(b"[" * 200_000),
    "files": recorded(own=3),
    "packages": recorded(installed={"a": 3}),
    "another version": recorded(schema=1),
    "large": gzip.compress(b" " * (manifest.MOST_BYTES + 1), 1),
    "long": recorded(own=3) + bytes(2 * manifest.MOST_BYTES),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_manifest_that_cannot_be_read_is_passed_over(run, content):
    records(run.folder, content)
    assert not manifest.find(run.runs, "sine", "key", "")


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to(path.name)])
def test_what_is_there_in_place_of_a_manifest_is_passed_over(run, make):
    path = records(run.folder, b"")
    path.unlink()
    make(path)
    assert not manifest.find(run.runs, "sine", "key", "")


def test_the_summary_of_another_run_is_told(run):
    other = computing(OTHER, results_dir=run.results_dir)
    other.folder.mkdir()
    finish(other)
    shutil.copy(other.metrics, run.metrics)
    with pytest.raises(Damaged, match=f"belongs to another run, {other.folder.name}"):
        run.read_metrics()


def test_a_published_set_is_replaced(run):
    def draw(*names):
        for path in run.folder.glob("*.[gp]*"):
            path.unlink()
        for name in names:
            (run.folder / name).write_text(f"drawn as {name}")

    finish(run)
    for name in ("parameters.npz", "population.json"):
        (run.folder / name).write_text("no figure")
    draw("loss.png", "old.png", "film.gif")
    run.publish(print)
    draw("loss.png", "new.png")
    target = run.publish(print)
    assert target == run.results_dir / "sine"
    assert {path.name for path in target.iterdir()} == {"loss.png", "new.png", "metrics.json", "manifest.json"}
    assert (target / "new.png").read_text() == "drawn as new.png"
    assert (target / "metrics.json").read_bytes() == run.metrics.read_bytes()
