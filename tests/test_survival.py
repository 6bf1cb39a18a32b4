"""Runs that are killed, interrupted, starved of disk space or started twice: nothing is lost, the bits are the same."""

import contextlib
import json
import os
import random
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
from lstm_toys.execution import devices
from lstm_toys.files import read_json, sha256
from lstm_toys.results import storage
from lstm_toys.runs import manifest, publishing

pytestmark = pytest.mark.usefixtures("digests")

FLAGS = ["--seeds=3", "--timesteps=20", "--steps=2000", "--checkpoint_every=0.001"]

HELD = """
import pathlib, runpy, signal, sys, time
from lstm_toys.populations.checkpoints import Checkpoints
from lstm_toys.execution.signals import Interruption

wanted, patience, hangup, released, module = sys.argv[1:6]
del sys.argv[1:6]
signal.signal(signal.SIGINT, signal.default_int_handler)  # It is ignored behind the & of a shell,
signal.signal(signal.SIGHUP, getattr(signal, hangup))  # and this one under nohup.
saves, signals, received, save = 0, 0, Interruption._received, Checkpoints.save

def _received(*arguments):
    global signals
    received(*arguments)
    signals += 1

def held(*arguments, **named):
    global saves
    save(*arguments, **named)
    saves += 1
    while saves == int(wanted) and not pathlib.Path(released).exists() and signals < int(patience):
        time.sleep(0.01)

Interruption._received, Checkpoints.save = _received, held
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""
"""Runs a module that waits after so many checkpoints, until it has outlived so many signals or a file is there."""

STRUCK = """
import os, runpy, sys, time
at, number, module = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
del sys.argv[1:4]
replace, count = os.replace, 0

def struck(*arguments):
    global count
    count += 1
    print(count, flush=True)
    if count == at:
        os.kill(os.getpid(), number)
        time.sleep(600)
    replace(*arguments)

os.replace = struck
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""
"""Runs a module that numbers the files that it completes, and gets a signal before it completes one of them."""


def start(folder, *flags, experiment="line", program=("-m",)):
    """A command in a process of its own, perhaps run by a program."""
    return subprocess.Popen(
        [sys.executable, *program, f"experiments.{experiment}", *FLAGS, "--quiet", f"--results_dir={folder}", *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def hold(folder, *, signals=1, hangup="SIG_DFL"):
    """A run that waits with two checkpoints behind it."""
    process = start(folder, program=("-c", HELD, "2", str(signals), hangup, str(release(folder))))
    assert wait_for(lambda: len(checkpoints(folder)) == 2, process), process.communicate()
    return process


def release(folder):
    """The file that lets a waiting run go on."""
    return folder.with_name(f"{folder.name}.released")


def wait_for(condition, process):
    """Waits until something is so, or a process has ended or hangs; whether it is so."""
    deadline = time.monotonic() + HANG
    while not (met := condition()) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return met


def finish(process):
    """Output, errors and exit code; a process that hangs is a failure."""
    try:
        output, errors = process.communicate(timeout=HANG)
    finally:
        process.kill()
    return output, errors, process.returncode


def checkpoints(folder):
    """The checkpoints of the only run, the oldest first."""
    return sorted(folder.glob("runs/*/checkpoints/*.checkpoint"), key=lambda path: int(path.stem.split("-")[-1]))


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


def assert_same(run, reference):
    """Parameters, loss histories and answers, bit by bit, and every file."""
    xr.testing.assert_identical(*(storage.load_results(folder / "results.nc") for folder in (run, reference)))
    with np.load(run / "parameters.npz") as ours, np.load(reference / "parameters.npz") as theirs:
        assert ours.keys() == theirs.keys()
        for name in ours:
            np.testing.assert_array_equal(ours[name], theirs[name], strict=True)
    names, others = ({path.name.partition("-")[0] for path in folder.rglob("*")} for folder in (run, reference))
    assert names == others


def interrupt(folder, number, *, times):
    """Ends a run by one or two signals, and expects that two lines say so."""
    process = hold(folder, signals=times)
    process.send_signal(number)
    said = process.stderr.readline() if times == 2 else ""
    if times == 2:
        process.send_signal(number)
    output, errors, code = finish(process)
    assert (output, code) == ("", 128 + number)
    first, second = (said + errors).splitlines()
    assert first.startswith(f"{number.name}: saving after the current step")
    assert second == f"ended by {number.name}; the same command continues"


@pytest.mark.parametrize("number", [signal.SIGINT, *rarely(signal.SIGHUP)])
def test_a_signal_ends_a_run_that_the_same_command_continues(uninterrupted, tmp_path, number):
    interrupt(tmp_path, number, times=1)
    assert continued(tmp_path) == 0
    assert_same(only(tmp_path), uninterrupted)


@pytest.fixture(scope="module")
def twice_interrupted(tmp_path_factory):
    """The results folder of a run that a second signal ended while it could not heed the first."""
    folder = tmp_path_factory.mktemp("interrupted")
    interrupt(folder, signal.SIGTERM, times=2)
    return folder


@pytest.fixture
def interrupted(twice_interrupted, tmp_path):
    """A copy of it, and its checkpoints, the oldest first."""
    folder = shutil.copytree(twice_interrupted, tmp_path / "results")
    return folder, checkpoints(folder)


@pytest.mark.parametrize("flags", [[], *rarely(["--restart"])])
def test_a_run_that_a_second_signal_ended_continues_unless_it_is_restarted(uninterrupted, interrupted, capsys, flags):
    folder, (_, newer) = interrupted
    assert continued(folder, *flags) == 0
    assert (f"continues from {newer}" in capsys.readouterr().out) == (not flags)
    assert json.loads((only(folder) / "metrics.json").read_text())["continued"] == (not flags)
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
    before = contents(folder)
    assert continued(folder, "--quiet") == 1
    errors = refusal(capsys)
    assert all(path.name in errors for path in pair)
    assert "--restart" in errors
    assert contents(folder) == before


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
        before = contents(folder)
        assert continued(folder, "--quiet") == 1
    assert str(only(folder)) in refusal(capsys)
    assert contents(folder) == before


@pytest.mark.long
def test_two_runs_at_once_do_not_disturb_each_other(uninterrupted, tmp_path):
    processes = [start(tmp_path), start(tmp_path, "--base_seed=1")]
    assert [finish(process)[1:] for process in processes] == [("", 0)] * 2
    assert_same(tmp_path / "runs" / uninterrupted.name, uninterrupted)
    assert len(list((tmp_path / "runs").iterdir())) == 2


@pytest.mark.long
def test_a_signal_that_was_ignored_before_is_nobodys_wish(tmp_path):
    process = hold(tmp_path, hangup="SIG_IGN")
    process.send_signal(signal.SIGHUP)
    release(tmp_path).touch()
    assert finish(process)[1:] == ("", 0)


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


@pytest.mark.long
@pytest.mark.parametrize("attempt", range(6))
def test_a_command_starts_without_a_hang(tmp_path, attempt):
    assert finish(start(tmp_path, "--seeds=64", "--steps=2", experiment="sine"))[1:] == ("", 0), attempt


@pytest.mark.long
@pytest.mark.parametrize("attempt", range(6))
def test_a_run_killed_at_any_moment_continues_to_the_same_bits(uninterrupted, tmp_path, attempt):
    moments = random.Random(attempt)
    for _ in range(1 + attempt % 3):
        process = start(tmp_path)
        file = moments.choice(["", "config.json", "checkpoints/*.checkpoint", "results.nc"])
        wait_for(lambda file=file: not file or [*tmp_path.glob(f"runs/*/{file}")], process)
        time.sleep(moments.uniform(0.0, 1.0))
        process.kill()
        finish(process)
    assert finish(start(tmp_path))[1:] == ("", 0)
    assert_same(only(tmp_path), uninterrupted)


GRIDS = [
    *("--task=sine", "--steps=2", "--hidden=4", "--amplitude=0.1:0.9:4", "--frequency=1:12:4", "--phase=0"),
    *("--offset=-0.5:0.5:3", "--slope=0.3", "--intercept=-1:1:3", "--length=20", "--spacing=0.1"),
]
WRITING = {
    "line": ["--steps=50", "--publish"],
    "sweep": ["--task=line", "--steps=50", "--grid=optimizer=sgd rmsprop", "--grid=noise=0 0.1", "--publish"],
    "generalization": [*GRIDS, "--publish"],
}
"""Commands that write many files, without checkpoints, whose number depends on time."""

TIMED = {"seconds", "member_steps_per_second", "answers_per_second", "continued", "sha256"}
"""What summaries tell of the way to the numbers, or is a digest of that."""


def furnished(folder):
    """A folder with a published set of a line, which another one replaces in part, and a file of the user beside it."""
    (work,) = command.plan(EXPERIMENT, [*FLAGS, *WRITING["line"], f"--results_dir={folder}"]).studies
    work.run.computes(value(work))
    earlier = folder.with_name(f"{folder.name}.earlier")
    for place, numbers in {work.run.folder: range(4), earlier: range(2, 6)}.items():
        place.mkdir(parents=True)
        for number in numbers:
            (place / f"more-{number}.png").write_text(f"{place.name} {number}")
    publishing.publish(sorted(earlier.iterdir()), folder / "line", "line-earlier", pytest.fail)
    (folder / "line" / "notes.txt").write_text("mine")
    return folder


def outcome(folder):
    """All that is there, by its path: the digest of a file or, if it is JSON, what it says but for the time it took.

    Manifests say what a process has loaded, which is less where it had less to do: of these only that there is one.
    """
    found = {}
    for path in folder.rglob("*"):
        name, told = str(path.relative_to(folder)), None
        if path.name.startswith(manifest.PREFIX):
            name = str(path.with_name(manifest.PREFIX).relative_to(folder))
        elif path.suffix == ".json":
            told = {key: entry for key, entry in read_json(path).items() if key not in TIMED}
            if path.name == publishing.MANIFEST:  # Of files that are compared themselves.
                told["files"] = {file: digest == sha256(path.parent / file) for file, digest in told["files"].items()}
        elif path.is_file():
            told = sha256(path)
        found[name] = told
    return found


@pytest.mark.long
@pytest.mark.parametrize("name", WRITING)
def test_a_run_killed_while_it_writes_ends_in_the_same_files(tmp_path, name):
    def ended(folder, at):
        program = ("-c", STRUCK, str(at), str(int(signal.SIGKILL)))
        return finish(start(folder, "--checkpoint_every=1e6", *WRITING[name], experiment=name, program=program))

    def prepared(name):
        return furnished(tmp_path / name)

    output, *well = ended(prepared("uninterrupted"), 0)
    assert well == ["", 0]
    expected, count = outcome(tmp_path / "uninterrupted"), sum(line.isdigit() for line in output.splitlines())
    assert count >= 5
    for at in sorted({*np.linspace(1, count, 5).astype(int).tolist()}):
        folder = prepared(str(at))
        assert ended(folder, at)[2] == -signal.SIGKILL
        assert ended(folder, 0)[1:] == ("", 0)
        assert outcome(folder) == expected, at


@pytest.mark.long
def test_a_signal_ends_what_is_no_training_at_once_and_leaves_nothing_half_written(tmp_path):
    program = ("-c", STRUCK, "9", str(int(signal.SIGTERM)))
    process = start(tmp_path, *GRIDS, experiment="generalization", program=program)
    assert finish(process)[1:] == ("ended by SIGTERM; the same command continues\n", 128 + signal.SIGTERM)
    assert not list(tmp_path.rglob(".lstm_toys-*"))


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


def ended_by(process, reason, folder):
    """Expects one line that says why, that the run can be continued, and that it has something to continue from."""
    release(folder).touch()
    output, errors, code = finish(process)
    assert (output, code) == ("", 1)
    assert errors.count("\n") == 1
    assert reason in errors
    assert "the same command continues" in errors
    assert checkpoints(folder)


@pytest.mark.long
def test_a_full_disk_ends_a_run_and_keeps_its_checkpoints(uninterrupted, tmp_path, mount):
    mount(tmp_path, "-t", "tmpfs", "-o", "size=2m", "tmpfs")
    process = hold(tmp_path)
    ballast = tmp_path / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    ended_by(process, "No space left", tmp_path)
    ballast.unlink()
    assert continued(tmp_path) == 0
    assert_same(only(tmp_path), uninterrupted)


@pytest.mark.long
def test_a_folder_that_becomes_read_only_ends_a_run_and_keeps_its_checkpoints(uninterrupted, tmp_path, mount):
    process = hold(tmp_path)
    try:
        folder = checkpoints(tmp_path)[0].parent
        mount(folder, "--bind", folder)
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        ended_by(process, "Read-only", tmp_path)
    finally:
        process.kill()
    subprocess.run(["umount", folder], check=True)
    assert continued(tmp_path) == 0
    assert_same(only(tmp_path), uninterrupted)
