"""Commands with --cluster: the same numbers as without, of an experiment in a file of one's own too."""

import json
import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
import xarray as xr
from distributed import Client

from conftest import HANG, ROOT
from lstm_toys.execution import cluster

OWN = "import majority; from lstm_toys.cli import command; command.main(majority.EXPERIMENT)"
SMALL = ("--seeds=16", "--block=4")
COMMANDS = {
    "training": ("-c", OWN, *SMALL, "--keep_steps=5"),
    "sweep": ("-m", "experiments.sweep", "--task=majority", *SMALL, "--grid", "learning_rate=0.01 0.02"),
    "lengths": ("-m", "experiments.generalization", "--task=majority", *SMALL, "--length=20:40:3"),
    "grids": ("-m", "experiments.generalization", "--task=line", *SMALL, "--steps=20", "--timesteps=20"),
    "claims": ("-m", "experiments.claims", "--claims=sine_claims", "--seeds=16"),
}


@pytest.fixture(scope="module", params=[(1, 3), (4, 2)], ids=str)
def scheduler(request, tmp_path_factory):
    """The file of a scheduler whose workers, of some devices each, run where one's own module is not, and a client."""
    workers, devices = request.param
    folder = tmp_path_factory.mktemp("scheduler")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JAX_NUM_CPU_DEVICES": str(devices)}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, "env": environment}
    base = [sys.executable, "-m"]
    common = ["--no-dashboard", "--host", "127.0.0.1", "--scheduler-file", "scheduler.json"]
    started = [subprocess.Popen([*base, "distributed.cli.dask_scheduler", *common, "--port", "0"], **quiet)]
    began = time.monotonic()
    while not (folder / "scheduler.json").exists() and time.monotonic() - began < HANG:
        time.sleep(0.1)
    for _ in range(workers):
        started.append(subprocess.Popen([*base, "distributed.cli.dask_worker", *common, "--nthreads", "1"], **quiet))
    with Client(scheduler_file=str(folder / "scheduler.json"), set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=HANG)
        yield folder / "scheduler.json", client
    for process in reversed(started):
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Carries out a command without a cluster, once; returns the folder that it was called in."""
    known = {}

    def made(name):
        if name not in known:
            known[name] = tmp_path_factory.mktemp(name)
            carried_out(name, known[name])
        return known[name]

    return made


def carried_out(name, folder, *further):
    """What a command printed that was called in a folder of one's own."""
    shutil.copytree(ROOT / "tests" / "modules", folder, dirs_exist_ok=True)
    done = subprocess.run(
        [sys.executable, *COMMANDS[name], "--results_dir=results", *further],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=HANG,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


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
def test_a_command_gives_the_same_numbers_by_the_workers_of_a_cluster(name, scheduler, alone, tmp_path):
    file, client = scheduler
    client.run(lambda: cluster._begun.clear())
    printed = carried_out(name, tmp_path, f"--cluster={file}")
    workers = client.run(lambda: len(cluster._begun))
    assert [*workers.values()] == [1] * len(workers)  # Each had work.
    assert f"{len(workers)} worker" in printed
    here, elsewhere = told(alone(name) / "results"), told(tmp_path / "results")
    assert here.keys() == elsewhere.keys()
    np.testing.assert_equal(elsewhere, here)
