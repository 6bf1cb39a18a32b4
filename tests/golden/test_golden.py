"""The bits of networks and of their dynamics are those that are recorded, on every x86-64 processor with AVX2.

`cases.py` computes them in processes of its own. The long tests, which `make processors` runs, emulate two processors
that make NumPy, OpenBLAS, oneDNN and XLA choose other kernels, where they may: without AVX-512, and of another vendor.
"""

import json
import shutil

import jax
import numpy as np
import pytest

from conftest import ROOT, process, rarely
from lstm_toys import processor

KNOWN = json.loads((ROOT / "tests" / "golden" / "digests.json").read_text())
"""The digests of every case, by versions."""

VERSIONS = f"jax {jax.__version__}, numpy {np.__version__}"

OFTEN = {"hard lstm, one curve, rmsprop_keras", "gru, six curves, rmsprop", "4 units, a sweep of rates, noise"}
"""Cases of `make test`, since each compiles for seconds."""

FREE = ("XLA_FLAGS", "JAX_DISABLE_MOST_OPTIMIZATIONS", "ONEDNN_MAX_CPU_ISA", "NPROC", *processor.NUMPY)
"""Variables that the tests or the machine may have set, and a user's process need not have."""

QEMU = shutil.which("qemu-x86_64")

EMULATED = [("Haswell", 2), ("EPYC-Rome", 8)]
"""Processors and numbers of devices."""

emulation = pytest.mark.skipif(QEMU is None, reason="needs qemu-x86_64, of Debian's package qemu-user")
known = pytest.mark.skipif(
    VERSIONS not in KNOWN or not processor.fixable(), reason=f"no digests of {VERSIONS} on this kind of processor"
)


def python(*line, emulated=None, **environment):
    """What Python printed in a user's environment, natively or on an emulated processor."""
    if emulated is not None:  # What is compiled on the one processor is for its instructions.
        environment["JAX_ENABLE_COMPILATION_CACHE"] = "0"
    before = [] if emulated is None else [QEMU, "-cpu", emulated]
    return process(*line, before=before, unset=FREE, env=environment, cwd=ROOT).stdout


@known
@pytest.mark.parametrize("cases", [OFTEN, *rarely(KNOWN.get(VERSIONS, {}).keys() - OFTEN)])
def test_bits_are_those_that_are_recorded(cases):
    assert json.loads(python("-m", "tests.golden.cases", *cases)) == {name: KNOWN[VERSIONS][name] for name in cases}


@known
@emulation
@pytest.mark.long
@pytest.mark.parametrize("case", KNOWN.get(VERSIONS, ()))
@pytest.mark.parametrize(("emulated", "devices"), EMULATED)
def test_bits_are_the_same_on_another_processor(case, emulated, devices):
    made = python("-m", "tests.golden.cases", case, emulated=emulated, JAX_NUM_CPU_DEVICES=str(devices))
    assert json.loads(made) == {case: KNOWN[VERSIONS][case]}


CONTINUED = """
import sys
import lstm_toys as lt

lt.configure()
sine = {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}
folder, last = sys.argv[1], sys.argv[2]
task, model = lt.reproduce("sine", sine, lt.time_points(20)), lt.Stack(1, (8,))
try:
    networks = lt.train(
        task,
        model,
        seeds=2,
        steps=30,
        learning_rate=0.003,
        optimizer="rmsprop",
        checkpoints=lt.Checkpoints(folder, every=0.0) if folder else None,
        monitor=lambda recorded: str(recorded.step) == last,
    )
    print("trained", *networks.digests)
except lt.errors.Stopped:
    print("stopped")
"""


@emulation
@pytest.mark.long
def test_a_training_goes_on_on_another_processor(tmp_path):
    """It stops natively, after some steps, and continues without a warning, to the bits of one that never stopped."""
    whole = python("-c", CONTINUED, "", "never")
    assert whole.startswith("trained")
    assert python("-c", CONTINUED, str(tmp_path), "5") == "stopped\n"
    assert python("-c", CONTINUED, str(tmp_path), "never", emulated="Haswell") == whole
