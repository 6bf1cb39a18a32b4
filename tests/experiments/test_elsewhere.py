"""Commands with --cluster: the same numbers as without, of an experiment in a file of one's own too."""

import json
import shutil

import numpy as np
import pytest
import xarray as xr
from distributed import Client
from schedulers import scheduling

from conftest import HANG, ROOT, process
from lstm_toys.execution import cluster

OWN = "import majority; from lstm_toys.cli import command; command.main(majority.EXPERIMENT)"
SMALL = ("--seeds=16", "--block=4")
COMMANDS = {
    "training": ("-c", OWN, *SMALL, "--keep_steps=5"),
    "sweep": ("-m", "lstm_toys", "sweep", "--task=majority", *SMALL, "--grid", "learning_rate=0.01 0.02"),
    "grids": ("-m", "lstm_toys", "generalization", "--task=line", *SMALL, "--steps=20", "--timesteps=20"),
    "claims": ("-m", "lstm_toys", "claims", "--claims=sine_claims", "--seeds=16"),
}


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """The file of a scheduler with two workers of three devices, away from one's own module, and a client."""
    with scheduling(tmp_path_factory.mktemp("scheduler")) as (file, _, work):
        for _ in range(2):
            work(JAX_NUM_CPU_DEVICES="3")
        with Client(scheduler_file=str(file), set_as_default=False) as client:
            client.wait_for_workers(2, timeout=HANG)
            yield file, client


def carried_out(name, folder, *further):
    """What a command printed that was called in a folder of one's own."""
    shutil.copytree(ROOT / "tests" / "modules", folder, dirs_exist_ok=True)
    return process(*COMMANDS[name], "--results_dir=results", *further, cwd=folder, env={"COLUMNS": "200"}).stdout


def told(folder):
    """What the runs of a folder hold that does not tell of machines and time."""
    found = {}
    for path in sorted(folder.glob("runs/*/*")):
        file = path.parent.name, path.name
        if path.suffix == ".npz":
            found[file] = dict(np.load(path))
        elif path.suffix == ".nc":
            with xr.open_datatree(path, engine="h5netcdf") as tree:
                for each in tree.subtree:
                    found[*file, each.path] = {name: values.values for name, values in each.variables.items()}
        elif path.name == "claims.json":
            found[file] = json.loads(path.read_text())
    return found


@pytest.mark.long
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_gives_the_same_numbers_by_the_workers_of_a_cluster(name, scheduler, tmp_path):
    file, client = scheduler
    client.run(lambda: cluster.unpacked.cache_clear())
    carried_out(name, tmp_path / "here")
    printed = carried_out(name, tmp_path / "elsewhere", f"--cluster={file}")
    assert [*client.run(lambda: cluster.unpacked.cache_info().currsize).values()] == [1, 1]  # Each had work.
    assert "2 workers" in printed
    here, elsewhere = (told(tmp_path / name / "results") for name in ("here", "elsewhere"))
    assert here.keys() == elsewhere.keys()
    np.testing.assert_equal(elsewhere, here)
