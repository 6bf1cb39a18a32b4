"""Commands with --cluster: the same numbers as without, of an experiment in a file of one's own too."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
import xarray as xr

from conftest import HANG, ROOT

MINE = '''
"""A curve that workers have never heard of."""

import jax.numpy as jnp
import numpy as np

import lstm_toys as lt
from experiments.commands import command


def bent(x, bend):
    return helper(x) * bend


def helper(x):
    return x**2


BENT = lt.Family(bent, (lt.Parameter("bend", 0.0, 1.0),))
EXPERIMENT = lt.Experiment(
    name="mine",
    doc=__doc__,
    defaults={"steps": 20, "learning_rate": 0.1, "hidden": "4"},
    goal=lt.Goal(1.0),
    numbers={"bend": 0.5},
    trained=lt.Trained(BENT, {"bend": "bend"}),
    task=lambda x: lt.reproduce(BENT, {"bend": "bend"}, x),
    probes=lambda x: [lt.probe("others", BENT, {"bend": np.array((0.2, 0.8))}, x)],
    planes=lambda settings: [lt.Plane(BENT, (lt.Axis("bend", 0, 1, 6), lt.Axis(lt.LENGTH, 20, 40, 3)))],
    draw=lambda results, beside: {"loss.png": lt.figures.loss(results, "Training")},
)


def worst(others):
    return lt.per_curve(others, lt.measures.rmse).max(axis=1)


CLAIM = lt.Claim(
    id="close", quote="It is close", statistic="RMSE", number=worst, sources=(lt.Source("mine", "others"),), high=0.1
)
CLAIMS = lt.Claims(title="what I expect", claims=(CLAIM,), populations={"mine": (EXPERIMENT, ["--timesteps=20"])})

if __name__ == "__main__":
    command.main(EXPERIMENT)
'''
SMALL = ("--seeds=18", "--block=4")
COMMANDS = {
    "mine": ("mine", *SMALL, "--timesteps=20", "--keep_steps=5"),
    "sweep": ("experiments.sweep", "--task=mine", *SMALL, "--timesteps=20", "--grid", "train_bend=0.2 0.6"),
    "generalization": ("experiments.generalization", "--task=mine", *SMALL, "--timesteps=20"),
    "curves": ("experiments.generalization", "--task=mine", *SMALL, "--timesteps=20", "--curve=curves.csv"),
    "claims": ("experiments.claims", "--claims=mine", "--seeds=18"),
}


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """The file of a scheduler with two workers that run where one's own module is not."""
    folder = tmp_path_factory.mktemp("scheduler")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JAX_NUM_CPU_DEVICES": "1"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, "env": environment}
    base = [sys.executable, "-m"]
    common = ["--no-dashboard", "--host", "127.0.0.1", "--scheduler-file", "scheduler.json"]
    started = [subprocess.Popen([*base, "distributed.cli.dask_scheduler", *common, "--port", "0"], **quiet)]
    began = time.monotonic()
    while not (folder / "scheduler.json").exists() and time.monotonic() - began < HANG:
        time.sleep(0.1)
    for _ in range(2):
        started.append(subprocess.Popen([*base, "distributed.cli.dask_worker", *common, "--nthreads", "1"], **quiet))
    yield folder / "scheduler.json"
    for process in reversed(started):
        process.terminate()
        process.wait()


def told(folder):
    """What the runs of a folder hold that does not tell of machines and time."""
    found = {}
    for run in sorted((folder / "runs").iterdir()):
        for path in sorted(run.iterdir()):
            if path.suffix == ".npz":
                with np.load(path) as arrays:
                    found[run.name, path.name] = {name: arrays[name] for name in arrays}
            elif path.suffix == ".nc":
                with xr.open_datatree(path, engine="h5netcdf") as tree:
                    found[run.name, path.name] = {
                        f"{group.path}/{name}": variable.values
                        for group in tree.subtree
                        for name, variable in group.variables.items()
                    }
            elif path.name == "claims.json":
                found[run.name, path.name] = json.loads(path.read_text())
    return found


@pytest.mark.long
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_gives_the_same_numbers_by_the_workers_of_a_cluster(name, scheduler, tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "curves.csv").write_text("".join(f"{0.1 * row},{0.01 * row**2}\n" for row in range(12)))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    printed = {}
    for where, further in (("here", ()), ("elsewhere", (f"--cluster={scheduler}",))):
        arguments = [sys.executable, "-m", *COMMANDS[name], f"--results_dir={where}", *further]
        done = subprocess.run(arguments, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=HANG)
        assert done.returncode == 0, done.stderr
        printed[where] = done.stdout
    assert "2 workers" in printed["elsewhere"]
    here, elsewhere = told(tmp_path / "here"), told(tmp_path / "elsewhere")
    assert here.keys() == elsewhere.keys()
    np.testing.assert_equal(elsewhere, here)
