"""Signals: the first one waits a while for work that looks for it, a second one ends the process at once."""

import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from conftest import HANG
from lstm_toys.execution import signals
from lstm_toys.execution.signals import Interrupted, Interruption

WORK = """
import signal, sys, time
from lstm_toys.execution import signals
from lstm_toys.execution.signals import Interrupted, Interruption, ended

signals.LONGEST_WAIT = 1.0 if "soon" in sys.argv else 1e3
try:
    with Interruption() as interruption, interruption.patient():
        print("working", flush=True)
        end = time.monotonic() + 300
        while time.monotonic() < end and (not interruption() or "on" in sys.argv):
            time.sleep(0.01)
except Interrupted as signaled:
    print(f"{ended(signaled.args[0])}\\n", end="", file=sys.stderr)
"""


def test_work_saves_after_a_signal_and_a_second_one_or_time_ends_it():
    for more, sent, code in (([], 1, 0), (["on"], 2, 128 + signal.SIGTERM), (["on", "soon"], 1, 128 + signal.SIGTERM)):
        with subprocess.Popen(
            [sys.executable, "-c", WORK, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout.readline() == "working\n"
            for _ in range(sent - 1):
                process.send_signal(signal.SIGTERM)
                assert process.stderr.readline().startswith("SIGTERM: saving after the current step")
            process.send_signal(signal.SIGTERM)
            errors = process.stderr.read().splitlines()
            assert process.wait(timeout=HANG) == code
        assert "ended by SIGTERM; the same command continues" in errors


@pytest.mark.parametrize(("times", "seconds"), [((0, 1, 3, 4, 5, 5), 60), ((0, 40, 90, 91, 92, 93), 150)])
def test_work_whose_checks_are_far_apart_may_go_on_for_longer(times, seconds, monkeypatch, capsys):
    """Three times the longest time between two checks of earlier work, and a minute at least."""
    monkeypatch.setattr(signals, "time", SimpleNamespace(monotonic=iter(map(float, times)).__next__))
    interruption = Interruption()

    def work():
        with interruption.patient():
            assert [interruption(), interruption()] == [False, False]
            interruption._received(signal.SIGTERM)
            assert interruption()

    with pytest.raises(Interrupted):
        work()
    assert f"; another signal, or {seconds} s, ends the process without saving" in capsys.readouterr().err
