"""Signals: the first one waits for work that looks for it, a second one ends the process at once."""

import signal
import subprocess
import sys

import pytest

from conftest import HANG

WORK = """
import signal, sys, time
from lstm_toys.execution.signals import Interrupted, Interruption, ended

for number in (signal.SIGINT, signal.SIGHUP):  # Ignored behind the & of a shell, and under nohup.
    signal.signal(number, signal.SIG_DFL)
try:
    with Interruption() as interruption, interruption.patient():
        print("working", flush=True)
        end = time.monotonic() + 30
        while time.monotonic() < end and (not interruption() or "on" in sys.argv):
            time.sleep(0.01)
except Interrupted as signaled:
    print(f"{ended(signaled.args[0])}\\n", end="", file=sys.stderr)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_work_saves_after_a_signal_and_a_second_one_ends_it(number):
    for more, sent, code in (([], 1, 0), (["on"], 2, 128 + number)):
        with subprocess.Popen(
            [sys.executable, "-c", WORK, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout.readline() == "working\n"
            for _ in range(sent - 1):
                process.send_signal(number)
                assert process.stderr.readline().startswith(f"{number.name}: saving after the current step")
            process.send_signal(number)
            errors = process.stderr.read().splitlines()
            assert process.wait(timeout=HANG) == code
        assert f"ended by {number.name}; the same command continues" in errors
