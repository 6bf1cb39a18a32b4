"""Workers under Slurm: what would be submitted, and a Slurm that starts it here."""

import os
import shutil
import signal
import subprocess
import sys

import pytest

from conftest import HANG, ROOT

SBATCH = """#!/bin/bash
cp "${@: -1}" {folder}/job.sh
setsid bash {folder}/job.sh > {folder}/job.log 2>&1 &
echo $! > {folder}/pid
echo "Submitted batch job 4711"
"""
SCANCEL = '#!/bin/bash\necho "$@" > {folder}/canceled\nkill -- -$(cat {folder}/pid)\n'
SQUEUE = "#!/bin/bash\n"


@pytest.fixture
def slurm(tmp_path):
    """The environment of a machine with Slurm, whose jobs run here, and the folder of what became of them."""
    for name, text in {"sbatch": SBATCH, "scancel": SCANCEL, "squeue": SQUEUE}.items():
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace("{folder}", str(tmp_path)))
        path.chmod(0o755)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}, tmp_path


def run(*arguments, **options):
    return subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, timeout=HANG, **options)


@pytest.mark.parametrize("gpus", [False, True])
def test_the_job_script_says_what_was_asked_for(gpus, slurm):
    environment, folder = slurm
    asked = ["--cores=8", "--memory=16GB", "--walltime=02:30:00", "--queue=long", "--account=curves"]
    done = run("experiments.slurm", *asked, *["--gpus"] * gpus, "--show", env=environment, cwd=folder)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    told = ["-p long", "-A curves", "-n 1", "--cpus-per-task=8", "--mem=15G", "-t 02:30:00"]
    assert [f"#SBATCH {each}" in lines for each in told] == [True] * len(told)
    assert ("#SBATCH --gpus=1" in lines) == gpus
    assert ("export JAX_NUM_CPU_DEVICES=8" in lines) != gpus
    (worker,) = (line for line in lines if "dask_worker" in line)
    assert worker.startswith(sys.executable)
    assert "--nthreads 1 " in worker
    assert not (folder / "job.sh").exists()


def test_without_slurm_there_is_one_line(tmp_path):
    environment = {**os.environ, "PATH": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = run("experiments.slurm", env=environment, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "there is no sbatch here, which submits the jobs of Slurm; --show needs none\n"


@pytest.mark.long
def test_a_job_trains_and_ends_with_the_command(slurm):
    environment, folder = slurm
    small = ["--seeds=4", "--steps=20", "--quiet"]
    serving = subprocess.Popen(
        [sys.executable, "-m", "experiments.slurm", "--cores=1"], cwd=folder, env=environment, stdout=subprocess.PIPE
    )
    try:
        assert b"--cluster scheduler.json" in serving.stdout.readline()
        trained = run("experiments.line", *small, "--cluster=scheduler.json", env=environment, cwd=folder)
        assert trained.returncode == 0, trained.stderr
    finally:
        serving.send_signal(signal.SIGTERM)
        code = serving.wait(HANG)
        serving.stdout.close()
    assert code == 128 + signal.SIGTERM
    assert "4711" in (folder / "canceled").read_text()
    assert not (folder / "scheduler.json").exists()
    (elsewhere,) = (folder / "results" / "runs").iterdir()
    shutil.move(elsewhere, folder / "elsewhere")
    assert run("experiments.line", *small, env=environment, cwd=folder).returncode == 0
    (here,) = (folder / "results" / "runs").iterdir()
    assert (here / "parameters.npz").read_bytes() == (folder / "elsewhere" / "parameters.npz").read_bytes()
