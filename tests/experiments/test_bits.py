"""The bits of every experiment are those of before, on machines where they are known.

`golden.json` holds, by execution fingerprint, a digest of the parameters and losses of every network of
``python -m experiments.all --seeds 2 --steps 60``, and the losses of their first steps, which are about the same on all
machines. ``python tests/experiments/test_bits.py FOLDER`` adds the digests of this machine, of the results in a folder;
it changes none that are there.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

GOLDEN = Path(__file__).parent / "golden.json"
STEPS = 20
"""After so many, other machines still have about the same losses."""


def runs_in(folder):
    """The folders of the runs by experiment and layers."""
    found = {}
    for config in sorted(Path(folder).glob("runs/*/config.json")):
        settings = json.loads(config.read_text())
        found[f"{settings['experiment']} {settings['hidden']}"] = config.parent
    return found


def losses(run):
    """Losses of every network ``[seed, step]``."""
    with xr.open_dataset(run / "results.nc", group="training", engine="h5netcdf") as training:
        return training.train_loss.values


def digest(run):
    """SHA-256 of parameters and losses."""
    told = hashlib.sha256(losses(run).tobytes())
    with np.load(run / "parameters.npz") as arrays:
        for name in sorted(arrays):
            told.update(name.encode() + arrays[name].tobytes())
    return told.hexdigest()


def machine(run):
    """What the bits depend on, besides the block."""
    fingerprint = json.loads((run / "metrics.json").read_text())["fingerprint"]
    others = ("block", "lstm_toys", "flax", "several_devices")
    return json.dumps({name: value for name, value in fingerprint.items() if name not in others})


@pytest.mark.long
def test_losses_are_those_of_before(everything):
    golden, runs = json.loads(GOLDEN.read_text())["losses"], runs_in(everything[1])
    assert runs.keys() == golden.keys()
    for name, run in runs.items():
        np.testing.assert_allclose(losses(run)[:, :STEPS], golden[name], rtol=1e-4, err_msg=name)


@pytest.mark.long
def test_bits_are_those_of_before(everything):
    runs = runs_in(everything[1])
    golden = json.loads(GOLDEN.read_text())["digests"].get(machine(runs["sine [32]"]))
    if golden is None:
        pytest.skip("no digests of this execution fingerprint; the script that this file is adds them")
    assert {name: digest(run) for name, run in runs.items()} == golden


if __name__ == "__main__":
    made = runs_in(sys.argv[1])
    known = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {"losses": {}, "digests": {}}
    for name, run in made.items():
        known["losses"].setdefault(name, losses(run)[:, :STEPS].astype(float).round(9).tolist())
    known["digests"].setdefault(machine(made["sine [32]"]), {name: digest(run) for name, run in made.items()})
    GOLDEN.write_text(json.dumps(known, indent=1) + "\n")
