"""Parts of runs in other processes: the same bits, whoever does them, and what becomes of them when somebody fails."""

import contextlib
import os
import signal
import socket
import threading
import time

import jax
import numpy as np
import psutil
import pytest
from distributed import LocalCluster, get_worker
from schedulers import scheduling

import lstm_toys as lt
from lstm_toys.execution import cluster, signals
from lstm_toys.populations import blocks, train
from lstm_toys.populations.checkpoints import Checkpoints
from lstm_toys.populations.programs import specify

X = lt.time_points(20)
LINES = lt.show(0.1 + 0.5 * np.array([[1.0], [0.3]], np.float32) * X[None], X, ("y",))
# Those of the library are wrapped by the checks of tests, and cannot be sent so.
TASK = lt.Task(lambda *_: lt.Examples(LINES, LINES), ("y",), ("y",), sequence=True)
MODEL = lt.Stack(features=1, hidden=(4,))
OPTIONS = {"seeds": 18, "steps": (10, 40), "learning_rate": 0.1, "block": 4}


def same(one, other):
    """Whether two trees are of the same bits."""
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def connected(address, *, tell=print):
    """A cluster, by its address or the file of its scheduler."""
    return cluster.connected(str(address), tell=tell)


@pytest.fixture(scope="module")
def here():
    """What a training comes to in this process."""
    return train.PopulationTraining(*specify(TASK, MODEL, **OPTIONS)).networks()


@pytest.fixture(scope="module")
def near():
    """Two workers that are threads of this process."""
    with (
        LocalCluster(
            processes=False,
            n_workers=2,
            threads_per_worker=1,
            protocol="tcp",
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
        ) as started,
        connected(started.scheduler_address) as found,
    ):
        yield found


@pytest.fixture(scope="module")
def two():
    """Two workers on this machine, of one device each."""
    with connected("local:2") as found:
        yield found


def training(executor, checkpoints=None, **how):
    """The training of `here`, by an executor, or by this process alone."""
    how |= {"executor": executor} if executor else {}
    return train.PopulationTraining(*specify(TASK, MODEL, **OPTIONS), checkpoints=checkpoints, **how)


def nap(part):
    """Takes long enough for everybody to be asked."""
    return time.sleep(0.3) or part


def spread(found, function, parts):
    """What a function comes to for some parts, by part, and the workers that computed them."""
    outcomes = dict(found.map(lambda part: (function(part), get_worker().address), parts))
    return {part: value for part, (value, _) in outcomes.items()}, {worker for _, worker in outcomes.values()}


@pytest.mark.long
def test_a_training_is_the_same_bits_by_two_workers_and_nothing_listens_beyond_this_machine(two, here):
    spread_out = training(two)
    elsewhere = spread_out.networks()
    assert same(elsewhere.kept, here.kept)
    assert elsewhere.results.identical(here.results)
    assert spread_out.member_steps == 18 * 40
    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    every = [each for process in processes for each in process.net_connections()]
    listening = {each.laddr.ip for each in every if each.status == psutil.CONN_LISTEN}
    assert "127.0.0.1" in listening
    assert listening <= {"127.0.0.1", "::1"}


def test_a_part_that_fails_is_told_and_the_others_are_done(near):
    def halved(part):
        if part == 3:
            raise ValueError("three cannot be\nhalved")
        return part / 2

    outcomes = near.map(halved, [1, 2, 3, 4, 5])
    came = dict(next(outcomes) for _ in range(4))
    with pytest.raises(cluster.Lost, match="3 failed 3 times: ValueError: three cannot be halved"):
        next(outcomes)
    assert came == {part: part / 2 for part in (1, 2, 4, 5)}


def test_what_cannot_be_sent_is_told(near):
    lock = threading.Lock()
    with pytest.raises(cluster.Unreachable, match="cannot be sent to workers: TypeError"):
        list(near.map(lambda part: (part, lock), [1]))


def test_nobody_who_is_asked_to_stop_waits(near):
    asked = iter([False, True])
    with pytest.raises(signals.Stopped):
        list(near.map(nap, range(50), lambda: next(asked)))


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("tcp://127.0.0.1:1", r"no scheduler can be reached: OSError: [^\n]+"),
        ("tcp://127.0.0.1:70000", r"no scheduler can be reached: \w+: [^\n]+"),
        ("silent", "no scheduler can be reached: what listens there does not reply"),
        *((text, r"\S+ is not a scheduler file; [^\n]+") for text in ("{", "{}", "[]")),
    ],
)
def test_no_scheduler_is_there(address, message, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "REACHED", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        if address == "silent":
            address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        elif "://" not in address:
            (tmp_path / "scheduler.json").write_text(address)
            address = tmp_path / "scheduler.json"
        with pytest.raises(cluster.Unreachable, match=f"^{message}$"), connected(address):
            pass


def test_shares_are_whole_blocks_that_leave_nobody_idle():
    assert [blocks.group_size(18, 4, 1, workers) for workers in (1, 2, 5, 9)] == [20, 12, 4, 4]
    assert blocks.group_size(100_000, 4, 1, 2) == blocks.GROUP_MEMBERS


@pytest.mark.long
def test_what_was_finished_or_begun_is_continued_by_whoever_comes(two, here, tmp_path):
    def kept(name, every):
        return Checkpoints(tmp_path / name, every, lambda _: None)

    assert same(training(two, kept("finished", 60.0)).networks().kept, here.kept)
    max((tmp_path / "finished").iterdir(), key=lambda path: int(path.name.split("-")[1])).unlink()
    for whose, steps in ((two, 6 * 40), (None, 0)):
        again = training(whose, kept("finished", 60.0))
        assert same(again.networks().kept, here.kept)
        assert again.member_steps == steps

    asked = iter([False, False, False, True])
    with pytest.raises(signals.Stopped):
        training(None, kept("begun", 0.0), stop=lambda: next(asked)).networks()
    continued = training(two, kept("begun", 0.0))
    assert same(continued.networks().kept, here.kept)
    assert 0 < continued.member_steps < 18 * 40


@pytest.mark.long
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGSTOP])
def test_a_worker_that_is_killed_or_says_nothing_is_replaced_and_its_part_done_again(sent, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 20.0)
    marker = tmp_path / "sent"

    def once(part):
        if part == 1 and not marker.exists():
            marker.write_text(str(os.getpid()))
            os.kill(os.getpid(), sent)
        return part

    with connected("local:2") as found:
        came, _ = spread(found, once, range(4))
        with contextlib.suppress(ProcessLookupError):  # Dask ended it.
            os.kill(int(marker.read_text()), signal.SIGCONT)
    assert came == {part: part for part in range(4)}


@pytest.fixture
def scheduler(tmp_path):
    """A scheduler of its own, started as one starts it, and what starts a worker for it."""
    with scheduling(tmp_path) as started:
        yield started


@pytest.mark.long
def test_no_worker_comes_or_only_those_of_another_kind(scheduler, monkeypatch):
    file, _, work = scheduler
    told = []
    with monkeypatch.context() as patch:
        patch.setattr(cluster, "PATIENCE", 2.0)
        refused = pytest.raises(cluster.Lost, match="there has been no worker for 2 s")
        with refused, connected(file, tell=told.append):
            pass
    assert "waiting up to 2 s" in told[0]
    for environment, differing in (
        ({"JAX_NUM_CPU_DEVICES": "2", "JAX_RANDOM_SEED_OFFSET": "7"}, "switches"),
        ({"JAX_NUM_CPU_DEVICES": "1"}, "several_devices"),
    ):
        worker = work(**environment)
        message = rf"worker tcp://\S+ differs from this process in {differing}"
        with pytest.raises(cluster.Unreachable, match=message), connected(file):
            pass
        worker.terminate()
        worker.wait()


@pytest.mark.long
@pytest.mark.parametrize(
    ("who", "sent", "told"),
    [
        ("worker", signal.SIGKILL, "there has been no worker for 40 s"),
        ("scheduler", signal.SIGKILL, "the scheduler does not reply"),
    ],
)
def test_whoever_is_gone_ends_the_run(who, sent, told, scheduler, monkeypatch):
    file, scheduling, work = scheduler
    worker = work(JAX_NUM_CPU_DEVICES="2")
    for name, value in {"PATIENCE": 40.0, "REACHED": 10.0, "TRIES": 100}.items():
        monkeypatch.setattr(cluster, name, value)
    with connected(file) as found:
        outcomes = found.map(nap, range(500))
        next(outcomes)
        (scheduling if who == "scheduler" else worker).send_signal(sent)
        for child in psutil.Process(worker.pid).children() if who == "worker" else []:
            child.kill()
        with pytest.raises(cluster.Lost, match=told):
            list(outcomes)
