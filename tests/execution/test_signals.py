"""Signals: the first one waits for work that looks for it, a second one ends the process at once."""

import signal
import subprocess
import sys

from conftest import HANG

WORK = """
import signal, sys, time
from lstm_toys.execution.signals import Interrupted, Interruption, ended

try:
    with Interruption() as interruption, interruption.patient():
        print("working", flush=True)
        end = time.monotonic() + 30
        while time.monotonic() < end and (not interruption() or "on" in sys.argv):
            time.sleep(0.01)
except Interrupted as signaled:
    print(f"{ended(signaled.args[0])}\\n", end="", file=sys.stderr)
"""


def test_work_saves_after_a_signal_and_a_second_one_ends_it():
    for more, sent, code in (([], 1, 0), (["on"], 2, 128 + signal.SIGTERM)):
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
