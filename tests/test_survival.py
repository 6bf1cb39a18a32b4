"""Runs that are killed, interrupted, starved of disk space or started twice: nothing is lost, the bits are the same.

The long forms of these tests take their time: ``make test-long``.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from typing import NamedTuple

import numpy as np
import pytest
import xarray as xr

from conftest import HANG, carry_out, located, rarely, refusal, value
from experiments.line import EXPERIMENT
from lstm_toys.cli import command
from lstm_toys.execution import devices
from lstm_toys.files import read_json, sha256
from lstm_toys.results import storage
from lstm_toys.runs import manifest, publishing

FLAGS = ["--seeds=3", "--timesteps=20", "--steps=20000", "--checkpoint_every=0.1"]


HELD = """
import pathlib, runpy, signal, sys, threading
from lstm_toys.populations.checkpoints import Checkpoints
from lstm_toys.execution.signals import Interruption

signal.signal(signal.SIGINT, signal.default_int_handler)  # It is ignored behind the & of a shell.
saves, received, save = 0, Interruption._received, Checkpoints.save
signaled, wanted, released = threading.Event(), int(sys.argv.pop(1)), pathlib.Path(sys.argv.pop(1))

def _received(*arguments):
    received(*arguments)
    signaled.set()

def held(*arguments, **named):
    global saves
    save(*arguments, **named)
    saves += 1
    while saves == wanted and not released.exists() and not signaled.wait(0.01):
        pass

Interruption._received, Checkpoints.save = _received, held
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""
"""Runs a module that waits after so many checkpoints of its own, until it is signaled or a file is there."""


def start(folder, *flags, experiment="line", held=0, before=()):
    """A run of some seconds in a process of its own; the training waits in the middle after so many checkpoints."""
    module = f"experiments.{experiment}"
    program = ["-c", HELD, str(held), str(release(folder)), module] if held else ["-m", module]
    return subprocess.Popen(
        [*before, sys.executable, *program, *FLAGS, "--quiet", f"--results_dir={folder}", *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def release(folder):
    """The file that lets a waiting training go on."""
    return folder.with_name(f"{folder.name}.released")


def finish(process):
    """Output, errors and exit code; a process that hangs is a failure."""
    try:
        output, errors = process.communicate(timeout=HANG)
    finally:
        process.kill()
    return output, errors, process.returncode


def only(folder):
    """The folder of the only run."""
    (run,) = (folder / "runs").iterdir()
    return run


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The folder of a run that nothing happened to."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    assert finish(start(folder))[1:] == ("", 0)
    return only(folder)


def assert_same(run, reference):
    """Parameters, loss histories and answers, bit by bit, and every file."""
    xr.testing.assert_identical(
        storage.load_results(run / "results.nc"), storage.load_results(reference / "results.nc")
    )
    with np.load(run / "parameters.npz") as ours, np.load(reference / "parameters.npz") as theirs:
        assert ours.keys() == theirs.keys()
        for name in ours:
            np.testing.assert_array_equal(ours[name], theirs[name], strict=True)
    names, others = ({path.name for path in folder.rglob("*")} for folder in (run, reference))
    assert {name.partition("-")[0] for name in names} == {name.partition("-")[0] for name in others}


def wait_for(condition, process, pause=0.01):
    """Waits until something is so, or a process has ended or hangs; whether it is so."""
    deadline = time.monotonic() + HANG
    while not (met := condition()) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(pause)
    return met


def wait_for_checkpoints(folder, process, count):
    """Waits for a training that is held after so many; they are those of before and its own."""
    assert wait_for(lambda: has_checkpoints(folder, count), process), process.communicate()


def has_checkpoints(folder, count=1):
    return len(list(folder.glob("runs/*/checkpoints/*.checkpoint"))) >= count


MOMENTS = {"": 2.0, "config.json": 2.0, "checkpoints/*.checkpoint": 0.4, "results.nc": 1.0}
"""A file that a run leaves, none at its start, and the seconds that what follows takes on an idle machine."""


@pytest.mark.long
@pytest.mark.parametrize("attempt", range(30))
def test_a_run_killed_at_any_moment_continues_to_the_same_bits(uninterrupted, tmp_path, attempt):
    moments = random.Random(attempt)
    for _ in range(1 + attempt % 3):
        name, seconds = moments.choice(list(MOMENTS.items()))
        there = set(tmp_path.glob(f"runs/*/{name}"))
        process = start(tmp_path)
        wait_for(lambda there=there, name=name: not name or set(tmp_path.glob(f"runs/*/{name}")) - there, process)
        time.sleep(moments.uniform(0.0, seconds))
        process.kill()
        finish(process)
    assert finish(start(tmp_path))[1:] == ("", 0)
    assert_same(only(tmp_path), uninterrupted)


class Moment(NamedTuple):
    """When a process is killed.

    Attributes:
        files: that have to be there, a pattern.
        become: what these files become; a random share of its size has to be there. Nothing: any size will do.
        seconds: at most, from then on.
    """

    files: str
    become: str | None
    seconds: float


class Phase(NamedTuple):
    """What a process writes when it is killed.

    Attributes:
        experiment: whose command it is.
        flags: that make it short, but for this phase.
        moments: that tell of the phase.
        left: what the phase leaves only if it was not completed, a pattern.
    """

    experiment: str
    flags: list[str]
    moments: list[Moment]
    left: str


HALF_WRITTEN = ".lstm_toys-results.nc.*.tmp"
PLANES = (
    "--task=sine --steps=2 --hidden=4 --amplitude=0.1:0.9:24 --frequency=1:12:24 --phase=0 --offset=-0.5:0.5:12 "
    "--slope=0.3 --intercept=-1:1:12 --length=20 --spacing=0.1"
)
MERGED, GRIDDED = Moment(f"runs/*/{HALF_WRITTEN}", "runs/*/results.nc", 0.1), f"runs/gen*/{HALF_WRITTEN}"
PHASES = {
    "publishing": Phase(
        "line",
        ["--steps=50"],
        [
            Moment("runs/*/loss.png", None, 0.05),
            Moment("line/.lstm_toys-stage/*", "line/*", 0.05),
            Moment("line/.lstm_toys-stage/*", "line/*", 0.2),
            Moment("line/.lstm_toys-journal.json", None, 0.03),
        ],
        "line/.lstm_toys-[sj]*",
    ),
    "a sweep's merge": Phase(
        "sweep",
        [
            *("--task=line", "--steps=50", "--grid=optimizer=sgd rmsprop"),
            "--grid=learning_rate=0.01 0.02 0.05 0.1 0.2 0.5 1 2",
            "--grid=noise=0 0.001 0.002 0.005 0.01 0.02 0.05 0.1",
        ],
        [MERGED, MERGED._replace(seconds=1.0), Moment("runs/*/results.nc", None, 0.5)],
        f"runs/*/{HALF_WRITTEN}",
    ),
    "grids": Phase(
        "generalization",
        PLANES.split(),
        [Moment(GRIDDED, "runs/gen*/results.nc", 0.1)] * 3 + [Moment("runs/gen*/results.nc", None, 0.3)],
        GRIDDED,
    ),
}

KILLS, LEAST_HITS = 10, 7
"""Of each phase; so many have to hit a living process, more than twenty of all thirty."""

TIMED = {"seconds", "member_steps_per_second", "answers_per_second", "continued", "sha256"}
"""What summaries tell of the way to the numbers, or is a digest of that."""


def size(folder, pattern):
    """Bytes of the files of a pattern, those that are still there; None if there are none."""
    sizes = []
    with contextlib.suppress(OSError):  # Files and folders come and go.
        for path in folder.glob(pattern):
            sizes.append(path.stat().st_size)
    return sum(sizes) if sizes else None


def strike(process, moment, folder, reference, chance):
    """Kills a process after a moment, if it still lives; returns its exit code."""
    least = chance.uniform(0.0, 0.9) * size(reference, moment.become) if moment.become else 0
    wait_for(lambda: (found := size(folder, moment.files)) is not None and found >= least, process, pause=0.001)
    time.sleep(chance.uniform(0.0, moment.seconds))
    process.kill()
    return finish(process)[2]


def furnish(folder, *flags):
    """Leaves a published set, a file beside it, and in the run's folder more figures: there is much to publish."""
    (work,) = command.plan(EXPERIMENT, [*FLAGS, *flags, f"--results_dir={folder}"]).studies
    content, earlier = random.Random(0), folder / "earlier"
    work.run.computes(value(work))
    for place, names in {work.run.folder: range(80), earlier: range(40, 120)}.items():
        place.mkdir(parents=True, exist_ok=True)
        for name in names:
            (place / f"more-{name}.png").write_bytes(content.randbytes(40_000))
    publishing.publish(sorted(earlier.iterdir()), folder / "line", "line-earlier", pytest.fail)
    (folder / "line" / "notes.txt").write_text("mine")
    shutil.rmtree(earlier)


def outcome(folder):
    """All that is there, by its path: the digest of a file or, if it is JSON, what it says but for the time it took.

    Manifests say what a process has loaded, which is less where it had less to do: of these only that there is one.
    """
    found = {}
    for path in folder.rglob("*"):
        if path.name.startswith(manifest.PREFIX):
            found[str(path.with_name(manifest.PREFIX).relative_to(folder))] = None
            continue
        told = None if path.is_dir() else sha256(path)
        if path.suffix == ".json":
            told = {name: value for name, value in read_json(path).items() if name not in TIMED}
        if path.name == publishing.MANIFEST:  # Of files that are compared themselves.
            told["files"] = {name: digest == sha256(path.parent / name) for name, digest in told["files"].items()}
        found[str(path.relative_to(folder))] = told
    return found


@pytest.mark.long
@pytest.mark.parametrize("name", PHASES)
def test_a_run_killed_while_it_writes_ends_in_the_same_bits(tmp_path, name, record_property):
    phase, reference, counts = PHASES[name], tmp_path / "uninterrupted", {"hits": 0, "amid": 0, "equal": 0}

    def begun(folder):
        return start(folder, *phase.flags, "--publish", experiment=phase.experiment)

    def prepared(folder):
        if name == "publishing":
            furnish(folder, *phase.flags)
        return folder

    assert finish(begun(prepared(reference)))[1:] == ("", 0)
    wanted = outcome(reference)
    for attempt in range(KILLS):
        chance, folder = random.Random(f"{name} {attempt}"), prepared(tmp_path / str(attempt))
        process = begun(folder)
        code = strike(process, phase.moments[attempt % len(phase.moments)], folder, reference, chance)
        assert code in (0, -signal.SIGKILL)
        counts["hits"] += code == -signal.SIGKILL
        counts["amid"] += any(folder.glob(phase.left))
        assert finish(begun(folder))[1:] == ("", 0)
        assert outcome(folder) == wanted, (attempt, code)
        counts["equal"] += 1
        shutil.rmtree(folder)
    told = "{hits} of {of} hit a living process, {amid} amid its writing; {equal} of {of} outcomes are equal"
    record_property(f"kills in {name}", told.format(of=KILLS, **counts))
    assert counts["hits"] >= LEAST_HITS


@pytest.mark.long
@pytest.mark.parametrize("attempt", range(50))
def test_a_command_starts_without_a_hang(tmp_path, attempt):
    assert finish(start(tmp_path, "--seeds=64", "--steps=2", experiment="sine"))[1:] == ("", 0), attempt


def interrupt(folder, number, checkpoints):
    """Starts a run, ends it by a signal with that many checkpoints behind it, and expects that two lines say so."""
    process = start(folder, held=checkpoints)
    wait_for_checkpoints(folder, process, checkpoints)
    process.send_signal(number)
    output, errors, code = finish(process)
    assert (output, code) == ("", 128 + number)
    first, second = errors.splitlines()
    assert first.startswith(f"{number.name}: saving after the current step")
    assert second == f"ended by {number.name}; the same command continues"
    assert has_checkpoints(folder)


@pytest.mark.parametrize("number", [signal.SIGINT, *rarely(signal.SIGHUP)])
def test_a_signal_ends_a_run_that_the_same_command_continues(uninterrupted, tmp_path, number):
    """Another signal does where `interrupted` is made."""
    interrupt(tmp_path, number, checkpoints=1)
    assert continued(tmp_path) == 0
    assert_same(only(tmp_path), uninterrupted)


@pytest.mark.long
def test_a_signal_ends_what_is_no_training_at_once_and_leaves_nothing_half_written(tmp_path):
    phase = PHASES["grids"]
    grids = [flag.replace(":24", ":240") for flag in phase.flags]  # So that they take a while.
    process = start(tmp_path, *grids, experiment=phase.experiment)
    assert wait_for(lambda: list(tmp_path.glob(f"runs/gen*/{HALF_WRITTEN}")), process), finish(process)
    process.send_signal(signal.SIGTERM)
    assert finish(process) == ("", "ended by SIGTERM; the same command continues\n", 128 + signal.SIGTERM)
    assert not list(tmp_path.rglob(".lstm_toys-*"))


@pytest.mark.long
def test_a_signal_that_was_ignored_before_is_nobodys_wish(tmp_path):
    process = start(tmp_path, held=1, before=("nohup",))
    wait_for_checkpoints(tmp_path, process, 1)
    process.send_signal(signal.SIGHUP)
    release(tmp_path).touch()
    assert finish(process)[2] == 0


IN_XLA = {
    "a compilation": ["--steps=50", "--timesteps=30", f"--hidden={','.join(['3'] * 60)}"],
    "a step": ["--steps=50", "--timesteps=3000", "--hidden=2500"],
}
"""What keeps XLA busy for minutes, in which no Python runs in the main thread."""

SOON = 60
"""Seconds within which a process ends at once on a machine that is ever so busy."""


@pytest.mark.long
@pytest.mark.parametrize("where", IN_XLA)
def test_a_second_signal_ends_a_process_inside_xla(tmp_path, where, record_property):
    process = start(tmp_path, *IN_XLA[where], "--seeds=2", "--noquiet", experiment="sine")
    try:
        for line in process.stdout:
            if ": 2 networks, 50 steps" in line:
                break
        time.sleep(60.0 if where == "a step" else 15.0)
        process.send_signal(signal.SIGTERM)
        assert process.stderr.readline().startswith("SIGTERM: saving after the current step or compilation")
        time.sleep(3.0)
        assert process.poll() is None
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=SOON)
        record_property(f"seconds from a second SIGTERM in {where} to the end", round(time.monotonic() - began, 2))
    finally:
        process.kill()
    assert (process.returncode, errors) == (143, "ended by SIGTERM; the same command continues\n")


def continued(folder, *flags):
    """The exit code of the same command in this process."""
    return carry_out(EXPERIMENT, [*FLAGS, f"--results_dir={folder}", *flags])


@pytest.fixture(scope="module")
def once_interrupted(tmp_path_factory):
    """The results folder of a run that was interrupted with two checkpoints behind it."""
    folder = tmp_path_factory.mktemp("interrupted")
    interrupt(folder, signal.SIGTERM, checkpoints=2)
    return folder


@pytest.fixture
def interrupted(once_interrupted, tmp_path):
    """A copy of it, and its checkpoints, the oldest first."""
    folder = tmp_path / "results"
    shutil.copytree(once_interrupted, folder)
    steps = {path: int(path.stem.split("-")[-1]) for path in folder.glob("runs/*/checkpoints/*")}
    return folder, sorted(steps, key=steps.get)


def test_a_run_continues_by_itself_and_says_so(uninterrupted, interrupted, capsys):
    folder, (_, newer) = interrupted
    assert continued(folder) == 0
    assert f"continues from {newer}" in capsys.readouterr().out
    assert_same(only(folder), uninterrupted)
    assert json.loads((only(folder) / "metrics.json").read_text())["continued"]


@pytest.mark.long
def test_restart_does_not_continue(uninterrupted, interrupted):
    folder, _ = interrupted
    assert continued(folder, "--restart") == 0
    assert not json.loads((only(folder) / "metrics.json").read_text())["continued"]
    assert_same(only(folder), uninterrupted)


def spoil(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


@pytest.mark.long
def test_a_damaged_checkpoint_is_told_and_passed_over(uninterrupted, interrupted, capsys):
    folder, (_, newer) = interrupted
    spoil(newer)
    assert continued(folder) == 0
    assert f"warning: {newer} cannot be read" in capsys.readouterr().out
    assert_same(only(folder), uninterrupted)


def test_without_a_readable_checkpoint_nothing_is_done(interrupted, capsys):
    folder, pair = interrupted
    for path in pair:
        spoil(path)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert continued(folder, "--quiet") == 1
    errors = refusal(capsys)
    assert all(path.name in errors for path in pair)
    assert "--restart" in errors
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.long
def test_another_fingerprint_is_told_in_the_output_and_in_the_results(interrupted, monkeypatch, capsys):
    folder, _ = interrupted
    here = devices.fingerprint(4)
    monkeypatch.setattr(devices, "fingerprint", lambda block: {**here, "block": block, "processor": "another"})
    assert continued(folder) == 0
    output = " ".join(capsys.readouterr().out.split())
    assert "begun with another processor; bits may differ" in output
    assert "started under another execution fingerprint" in output
    metrics = json.loads((only(folder) / "metrics.json").read_text())
    assert metrics["earlier_fingerprints"] == [here]
    assert metrics["fingerprint"]["processor"] == "another"


def test_a_second_process_on_a_run_is_refused(interrupted, capsys):
    folder, _ = interrupted
    (work,) = command.plan(EXPERIMENT, [*FLAGS, f"--results_dir={folder}"]).studies
    located(work, finished=False)
    with work.run.locked():
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        assert continued(folder, "--quiet") == 1
    errors = refusal(capsys)
    assert str(only(folder)) in errors
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.long
def test_two_runs_at_once_do_not_disturb_each_other(uninterrupted, tmp_path):
    processes = [start(tmp_path), start(tmp_path, "--base_seed=1")]
    assert [finish(process)[1:] for process in processes] == [("", 0)] * 2
    same = tmp_path / "runs" / uninterrupted.name
    assert_same(same, uninterrupted)
    assert len(list((tmp_path / "runs").iterdir())) == 2


@pytest.fixture
def mount():
    """Mounts a file system; needs the right to."""
    folders = []

    def mount(folder, *options):
        if os.getuid() or not shutil.which("mount"):
            pytest.skip("only the administrator may mount a file system")
        if subprocess.run(["mount", *options, folder], capture_output=True).returncode:
            pytest.skip("no file system can be mounted here")
        folders.append(folder)

    yield mount
    for folder in folders:
        subprocess.run(["umount", "--lazy", folder], capture_output=True)


def ended_by(process, reason):
    """Expects one line that says why, and that the run can be continued."""
    output, errors, code = finish(process)
    assert (output, code) == ("", 1)
    assert errors.count("\n") == 1
    assert reason in errors
    assert "the same command continues" in errors


@pytest.mark.long
def test_a_full_disk_ends_a_run_and_keeps_its_checkpoints(uninterrupted, tmp_path, mount):
    mount(tmp_path, "-t", "tmpfs", "-o", "size=2m", "tmpfs")
    process = start(tmp_path, held=2)
    wait_for_checkpoints(tmp_path, process, 2)
    ballast = tmp_path / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    release(tmp_path).touch()
    ended_by(process, "No space left")
    assert has_checkpoints(tmp_path)
    ballast.unlink()
    assert continued(tmp_path) == 0
    assert_same(only(tmp_path), uninterrupted)


@pytest.mark.long
def test_a_folder_that_becomes_read_only_ends_a_run_and_keeps_its_checkpoints(uninterrupted, tmp_path, mount):
    process = start(tmp_path, held=2)
    try:
        wait_for_checkpoints(tmp_path, process, 2)
        (checkpoints,) = tmp_path.glob("runs/*/checkpoints")
        mount(checkpoints, "--bind", checkpoints)
        subprocess.run(["mount", "-o", "remount,bind,ro", checkpoints], check=True)
        release(tmp_path).touch()
        ended_by(process, "Read-only")
    finally:
        process.kill()
    assert has_checkpoints(tmp_path)
    subprocess.run(["umount", checkpoints], check=True)
    assert continued(tmp_path) == 0
    assert_same(only(tmp_path), uninterrupted)
