"""Bridges to trackers, with the real clients on local files where the environment has them."""

import re
import struct
from pathlib import Path

import numpy as np
import pytest

import lstm_toys as lt
from conftest import ROOT, carry_out

LINE = {"slope": 0.5, "intercept": 0.1}
FLAGS = ["--seeds=3", "--quiet", "--results_dir=results"]


def experiment(monitor):
    settings = {"timesteps": 9, "steps": 4, "learning_rate": 0.1, "hidden": (2,)}
    return lt.Experiment("ramp", "A ramp.", settings, lambda x: lt.reproduce("line", LINE, x), monitor=monitor)


def events(folder):
    """Steps and values of scalars by name, and names of images, in the event files of a folder."""
    from tensorboardX.proto.event_pb2 import Event

    scalars, images = {}, set()
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        while data:
            (size,) = struct.unpack("<Q", data[:8])
            event, data = Event.FromString(data[12 : 12 + size]), data[16 + size :]
            for value in event.summary.value:
                if value.HasField("simple_value"):
                    scalars.setdefault(value.tag, []).append((event.step, value.simple_value))
                else:
                    images.add(value.tag)
    return scalars, images


def of_mlflow(name):
    import mlflow

    (run,) = mlflow.search_runs(filter_string=f"run_name = '{name}'", output_format="list")
    client = mlflow.MlflowClient()
    histories = {each: client.get_metric_history(run.info.run_id, each) for each in run.data.metrics}
    assert run.data.params["learning_rate"] == "0.1"
    images = {Path(each.path).stem for each in client.list_artifacts(run.info.run_id)}
    return {each: [(one.step, one.value) for one in history] for each, history in histories.items()}, images


def logged(data, block=32_768):
    """The records in a log as LevelDB writes it, after a header of seven bytes: in blocks, some in several pieces."""
    place, record = 7, b""
    while place + 7 <= len(data):
        if block - place % block < 7:
            place += block - place % block
            continue
        size, kind = struct.unpack("<HB", data[place + 4 : place + 7])
        record += data[place + 7 : place + 7 + size]
        place += 7 + size
        if kind in (1, 4):  # Whole, or the last piece.
            yield record
            record = b""


def of_wandb(name):
    from wandb.proto.wandb_internal_pb2 import Record

    scalars, images = {}, set()
    (path,) = Path("wandb").glob(f"offline-run-*-{name}/*.wandb")
    for data in logged(path.read_bytes()):
        record = Record.FromString(data)
        items = {item.key or ".".join(item.nested_key): item.value_json for item in record.history.item}
        for key, text in items.items():
            if re.fullmatch(r"[-\d.e]+", text) and not key.startswith("_"):
                scalars.setdefault(key, []).append((int(items["_step"]), float(text)))
            elif "image-file" in text:
                images.add(key.removesuffix("._type"))
    return scalars, images


@pytest.mark.filterwarnings("ignore")  # Of the clients.
@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("tensorboard", lambda name: events(Path("tensorboard", name))),
        ("mlflow_run", of_mlflow),
        ("weights_and_biases", of_wandb),
    ],
)
def test_a_tracker_has_every_record_and_the_figures_of_a_run(name, read, tmp_path, monkeypatch):
    for client in ("mlflow", "wandb", "tensorboardX"):
        pytest.importorskip(client)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_SILENT", "true")
    (text,) = re.findall(r"This is `trackers\.py`.*?```python\n(.*?)```", (ROOT / "docs/bridges.md").read_text(), re.S)
    exec(text, trackers := {})
    assert carry_out(experiment(trackers[name]), FLAGS) == 0
    (run,) = Path("results/runs").iterdir()
    scalars, images = read(run.name)
    losses = np.median(lt.load(run).results.training.train_loss, axis=0)
    assert [step for step, _ in scalars["train_loss"]] == [*range(5)]
    np.testing.assert_allclose([value for _, value in scalars["train_loss"]], losses, rtol=1e-6)
    assert images == {path.stem for path in run.glob("*.png")}
    assert images
    assert {each for each in scalars if each.startswith("train_")} == {"train_loss", "train_rmse/y"}
