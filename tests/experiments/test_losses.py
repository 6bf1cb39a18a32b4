"""The first losses of every experiment are about those of before, on all machines.

`losses.json` holds them for the networks of ``python -m experiments.all --seeds 2 --steps 60``. ``python
tests/experiments/test_losses.py FOLDER`` adds those of the results in a folder; it changes none that are there.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

EARLIER = Path(__file__).parent / "losses.json"
STEPS = 20
"""After so many, machines still have about the same losses."""


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


@pytest.mark.long
def test_losses_are_those_of_before(everything):
    earlier, runs = json.loads(EARLIER.read_text()), runs_in(everything[1])
    assert runs.keys() == earlier.keys()
    for name, run in runs.items():
        np.testing.assert_allclose(losses(run)[:, :STEPS], earlier[name], rtol=1e-4, err_msg=name)


if __name__ == "__main__":
    known = json.loads(EARLIER.read_text()) if EARLIER.exists() else {}
    for name, run in runs_in(sys.argv[1]).items():
        known.setdefault(name, losses(run)[:, :STEPS].astype(float).round(9).tolist())
    EARLIER.write_text(json.dumps(known, indent=1) + "\n")
