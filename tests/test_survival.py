"""Runs that are killed, interrupted or started twice: nothing is lost, and the bits are the same."""

import json
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import xarray as xr

from conftest import HANG, carry_out, located, rarely, refusal, value
from experiments.line import EXPERIMENT
from lstm_toys.cli import command
from lstm_toys.results import storage
from lstm_toys.runs.folder import Run
from lstm_toys.runs.origin import SOURCES
from lstm_toys.studies import STUDIES

pytestmark = pytest.mark.usefixtures("digests")

FLAGS = ["--seeds=3", "--timesteps=20", "--steps=2000", "--checkpoint_every=0.001"]

CONTROLLED = """
import os, pathlib, runpy, signal, sys, time
from lstm_toys.execution.signals import Interruption

suffix, at, number, patience, released, module = sys.argv[1:7]
del sys.argv[1:7]
signal.signal(signal.SIGINT, signal.default_int_handler)  # It is ignored behind the & of a shell,
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # and this one under nohup.
replace, received, files, signals = os.replace, Interruption._received, 0, 0

def _received(*arguments):
    global signals
    received(*arguments)
    signals += 1

def replaced(old, new):
    global files
    files += str(new).endswith(suffix)
    if files == int(at):
        os.kill(os.getpid(), int(number))
        pathlib.Path(f"{released}.held").touch()
        while not pathlib.Path(released).exists() and signals < int(patience):
            time.sleep(0.01)
    replace(old, new)

Interruption._received, os.replace = _received, replaced
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""
"""Runs a module, and counts the files that it completes. Before one of them, it gets a signal, unless its number is 0,
and waits until it has outlived so many signals, or a file is there."""


def start(folder, *flags, experiment="line", suffix="", at=None, number=0, patience=1):
    """A command in a process of its own, perhaps under control."""
    control = (suffix, at, int(number), patience, release(folder))
    program = ["-m"] if at is None else ["-c", CONTROLLED, *map(str, control)]
    program += ["lstm_toys", experiment] if experiment in STUDIES else [f"experiments.{experiment}"]
    return subprocess.Popen(
        [sys.executable, *program, *FLAGS, "--quiet", f"--results_dir={folder}", *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def hold(folder, **control):
    """A run that waits with two checkpoints behind it."""
    (held := folder.with_name(f"{release(folder).name}.held")).unlink(missing_ok=True)
    process = start(folder, suffix=".checkpoint", at=3, **control)
    deadline = time.monotonic() + HANG
    while not held.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return process


def release(folder):
    """The file that lets a waiting run go on."""
    return folder.with_name(f"{folder.name}.released")


def finish(process):
    """Output, errors and exit code; a process that hangs is a failure."""
    try:
        output, errors = process.communicate(timeout=HANG)
    finally:
        process.kill()
    return output, errors, process.returncode


def checkpoints(folder):
    """The checkpoints of the only run, the oldest first."""
    return sorted(folder.glob("runs/*/checkpoints/0/*.checkpoint"), key=lambda path: int(path.stem.split("-")[-1]))


def only(folder):
    """The folder of the only run."""
    (run,) = (folder / "runs").iterdir()
    return run


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def continued(folder, *flags):
    """The exit code of the same command in this process."""
    return carry_out(EXPERIMENT, [*FLAGS, f"--results_dir={folder}", *flags])


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The folder of a run that nothing happened to."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    assert continued(folder) == 0
    return only(folder)


UNSEEN = {SOURCES, ".derived"}
"""Folders of a run with what it and its figures were made of, which a process that runs tests does not keep."""


def assert_same(run, reference):
    """Parameters, loss histories and answers, bit by bit, and every file."""
    xr.testing.assert_identical(*(storage.load_results(folder / "results.nc") for folder in (run, reference)))
    with np.load(run / "parameters.npz") as ours, np.load(reference / "parameters.npz") as theirs:
        assert ours.keys() == theirs.keys()
        for name in ours:
            np.testing.assert_array_equal(ours[name], theirs[name], strict=True)
    every = ([path for path in folder.rglob("*") if not UNSEEN & {*path.parts}] for folder in (run, reference))
    names, others = ({path.name.partition("-")[0] for path in paths} for paths in every)
    assert names == others


def interrupt(folder, number, *, times):
    """Ends a run by one or two signals, and expects that two lines say so."""
    process = hold(folder, patience=times)
    process.send_signal(number)
    said = process.stderr.readline() if times == 2 else ""
    if times == 2:
        process.send_signal(number)
    output, errors, code = finish(process)
    first, second = (said + errors).splitlines()
    assert (output, code) == ("", 128 + number)
    assert first.startswith(f"{number.name}: saving after the current step")
    assert second == f"ended by {number.name}; the same command continues"


@pytest.fixture(scope="module")
def interrupted_once(tmp_path_factory):
    """The results folder of a run that a signal ended."""
    interrupt(folder := tmp_path_factory.mktemp("interrupted"), signal.SIGINT, times=1)
    return folder


@pytest.fixture
def interrupted(interrupted_once, tmp_path):
    """A copy of it, and its checkpoints, the oldest first."""
    folder = shutil.copytree(interrupted_once, tmp_path / "results")
    return folder, checkpoints(folder)


@pytest.mark.long
def test_a_closed_terminal_and_two_signals_end_a_run(tmp_path):
    interrupt(tmp_path, signal.SIGHUP, times=1)
    interrupt(tmp_path, signal.SIGTERM, times=2)


@pytest.mark.parametrize("flags", [[], *rarely(["--restart"])])
def test_a_run_that_signals_ended_continues_unless_it_is_restarted(uninterrupted, interrupted, capsys, flags):
    folder, (newer,) = interrupted
    assert continued(folder, *flags) == 0
    assert (f"continues from {newer}" in capsys.readouterr().out) == (not flags)
    assert json.loads((only(folder) / "metrics.json").read_text())["continued"] == (not flags)
    assert_same(only(folder), uninterrupted)


def spoil(path):
    content = bytearray(path.read_bytes())
    for place in range(len(content) // 2, len(content) // 2 + 64):  # A single byte may be one that means nothing.
        content[place] ^= 4
    path.write_bytes(content)


def test_without_a_readable_checkpoint_nothing_is_done(interrupted, capsys):
    folder, pair = interrupted
    for path in pair:
        spoil(path)
    before = contents(folder)
    assert continued(folder, "--quiet") == 1
    errors = refusal(capsys)
    assert all(path.name in errors for path in pair)
    assert "--restart" in errors
    assert contents(folder) == before


def test_a_second_process_on_a_run_is_refused(interrupted, capsys):
    folder, _ = interrupted
    work = command.only(command.plan(EXPERIMENT, FLAGS))
    located(work, folder, finished=False)
    with Run.named(folder / "runs", work.settings.as_dict(), value(work)).locked():
        before = contents(folder)
        assert continued(folder, "--quiet") == 1
    assert str(only(folder)) in refusal(capsys)
    assert contents(folder) == before


@pytest.mark.long
def test_a_second_signal_ends_a_process_inside_xla(tmp_path):
    """In a compilation of minutes, in which no Python runs in the main thread."""
    layers = f"--hidden={','.join(['3'] * 60)}"
    process = start(tmp_path, "--steps=50", "--timesteps=30", layers, "--seeds=2", "--noquiet", experiment="sine")
    try:
        assert any(": 2 networks, 50 steps" in line for line in process.stdout)
        time.sleep(5.0)
        process.send_signal(signal.SIGTERM)
        assert process.stderr.readline().startswith("SIGTERM: saving after the current step or compilation")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, errors) == (143, "ended by SIGTERM; the same command continues\n")


def ended(folder, at, *flags, number=signal.SIGKILL, **command):
    """How a command ends that gets a signal before it completes a file, the first of which has the number 1."""
    return finish(start(folder, *flags, at=at, number=number, **command))


@pytest.mark.long
def test_a_run_killed_again_and_again_continues_to_the_same_bits(uninterrupted, tmp_path):
    for at in (1, 2, 5, 3, 4):  # Of its parameters, checkpoints and results.
        assert ended(tmp_path, at)[2] == -signal.SIGKILL
    assert finish(start(tmp_path))[1:] == ("", 0)
    assert_same(only(tmp_path), uninterrupted)


GRIDS = [
    *("--task=sine", "--steps=2", "--hidden=4", "--amplitude=0.1:0.9:4", "--frequency=1:12:4", "--phase=0"),
    *("--offset=-0.5:0.5:3", "--slope=0.3", "--intercept=-1:1:3", "--length=20", "--spacing=0.1"),
]


@pytest.mark.long
def test_a_signal_ends_what_is_no_training_at_once_and_leaves_nothing_half_written(tmp_path):
    _, *told = ended(tmp_path, 9, *GRIDS, experiment="generalization", number=signal.SIGTERM)
    assert told == ["ended by SIGTERM; the same command continues\n", 128 + signal.SIGTERM]
    assert not list(tmp_path.rglob(".lstm_toys-*"))
