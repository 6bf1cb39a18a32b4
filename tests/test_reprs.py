"""What an interactive session shows of the library's objects: a line."""

import pickle
import re

import jax
import numpy as np
import pytest

import lstm_toys as lt
from conftest import ROOT, untrained

X = lt.time_points(12)


@pytest.fixture(scope="module")
def trained():
    task = lt.reproduce("line", {"slope": np.linspace(0, 1, 3), "intercept": 0.25}, X)
    return untrained(task, lt.Stack(features=1, hidden=(3,)), losses=(0.1, 0.9, 0.2), diverged=(1,))


def test_a_population_is_one_line(trained, tmp_path):
    lt.save(trained, tmp_path)
    assert repr(trained) == repr(lt.load(tmp_path)) == "<Networks: 3 networks, seeds 0 to 2, 2 steps, 1 diverged>"
    assert repr(trained[1]) == "<Networks: 1 network, seed 1, 2 steps, 1 diverged>"


def cells(html):
    """The texts of a table of HTML."""
    return [text for text in re.split(r"<[^>]*>", html) if text]


def test_notebooks_show_networks_runs_and_verdicts_as_tables(trained, copied):
    title, *rows = cells(trained._repr_html_())
    assert title == repr(trained)[1:-1]
    assert "features = 1" in rows[rows.index("model") + 1]
    folder = copied("sine")
    title, *rows = cells(lt.Run(folder, {"experiment": "sine", "seeds": 3}, {})._repr_html_())
    assert (title, rows[:2], rows[-2:]) == ("sine", ["folder", str(folder)], ["seeds", "3"])
    assert re.fullmatch(r"[-\d]+ [:\d]+ \+\d+", rows[rows.index("computed") + 1])
    row = lt.claims.rows(lt.claims.read(ROOT / "results" / "claims" / "claims.json"))[0]
    title, *rows = cells(row._repr_html_())
    assert title == row.statement
    assert rows[:4] == ["verdict", row.verdict, "share that meets it", "100% (94–100%)"]
    assert rows[-1] == str(row.counted)


@pytest.mark.parametrize(
    ("seeds", "told"),
    [
        ([3, 5], "2 networks, seeds 3, 5"),
        ([7, 6], "2 networks, seeds 6 to 7"),
        ([4, 4], "2 networks, seed 4"),
        ([*range(0, 14, 2)], "7 networks, seeds 0, 2, 4, 6, 8 and 2 more"),
        ([], "0 networks"),
    ],
)
def test_seeds_with_gaps_are_named_one_by_one(seeds, told):
    networks = lt.Networks(lt.Stack(1, (3,)), {"w": np.zeros((len(seeds), 1))}, seeds=np.array(seeds, int))
    assert repr(networks) == f"<Networks: {told}, 0 diverged>"


def test_a_population_pickles(trained):
    again = pickle.loads(pickle.dumps(trained))
    np.testing.assert_array_equal(again.results.training.train_loss, trained.results.training.train_loss)
    assert again.model == trained.model
    jax.tree.map(np.testing.assert_array_equal, again.params, trained.params)
