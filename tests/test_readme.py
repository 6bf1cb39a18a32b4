"""The Python of the README runs as it stands there."""

import re
from pathlib import Path

import matplotlib
import numpy as np

from lstm_toys import devices, results

README = Path(__file__).parent.parent / "README.md"


def test_examples_run(tmp_path, monkeypatch):
    matplotlib.use("agg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(devices, "configure", lambda: None)
    first, second = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    names: dict = {"folder": tmp_path}
    exec(first, names)
    assert (tmp_path / "answers.png").stat().st_size > 10_000
    assert names["answers"].shape == (8, 1, 100, 1)
    assert not names["trained"].diverged.any()
    assert np.median(names["trained"].train_loss[:, -1]) < 0.1 * np.median(names["trained"].train_loss[:, 0])
    results.save_parameters(names["trained"].params, tmp_path / "parameters.npz")
    monkeypatch.setattr(results, "load", lambda path: path)
    expected = names["answers"]
    exec(second, names)
    np.testing.assert_array_equal(names["answers"], expected)
