"""Values of claims, computed a second time without the library."""

import json

import numpy as np
import pytest
from one_number import labeled, the_number

from docs.maintenance import recheck
from lstm_toys.studies.claims import judging, table
from lstm_toys.studies.claims.declaration import Claim, Column, Source

COLUMNS = (
    Column("networks", "networks"),
    Column("100", "during"),
    Column("200", "during"),
    Column("gru", "variants"),
    Column("learned", "variants", "learned"),
    Column("new recipes", "recipes", "learned"),
)


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """A file of claims of all kinds on made-up numbers, of which some are missing, diverged, or not learned."""
    source, random = (Source("sine", "line"),), np.random.default_rng(1)
    claims = [
        Claim("low", "is low", "number", the_number, source, high=0.3),
        Claim("between", "is between", "number", the_number, source, low=-1.0, high=0.5, learned=True),
        Claim("above", "is above", "number", the_number, source, against="other"),
        Claim("higher", "which is higher", "number", the_number, source, against="other", higher=None),
    ]

    def population(count, middle):
        numbers = np.where(random.random(count) < 0.1, np.nan, random.normal(middle, size=count).round(1))
        learned = random.random(count) < 0.8
        return labeled(numbers, np.flatnonzero(random.random(count) < 0.1), learned=learned)

    evidence = [
        (column, {"sine": population(24, 0.1 * place), "other": population(24, 0.0)})
        for place, column in enumerate(COLUMNS)
    ]
    path = tmp_path_factory.mktemp("judged") / "claims.json"
    path.write_text(table.as_text(judging.make_table(claims, evidence, "networks")))
    return path


def test_what_is_judged_is_found_again(judged):
    *differing, compared = recheck.differing(judged)
    assert differing == []
    assert compared.endswith("values compared")


def test_values_that_are_not_what_the_numbers_give_are_found(judged, tmp_path):
    stored = json.loads(judged.read_text())
    changed = ["share", "at_once", "median", "difference", "shift", "known"]
    for column, name in enumerate(changed):
        value = stored["data_vars"][name]["data"][2][column]
        while isinstance(value[0], list):
            value = value[0]
        value[0] += 1
    verdicts = stored["data_vars"]["verdict"]["data"][3]
    verdicts[4] = "refuted" if verdicts[4] != "refuted" else "supported"
    path = tmp_path / "claims.json"
    path.write_text(json.dumps(stored))
    *found, _ = recheck.differing(path)
    values = [f"above, {column.name}, {name}" for column, name in zip(COLUMNS, changed, strict=True)]
    assert [line.partition(":")[0] for line in found] == [*values, "higher, learned, verdict"]


@pytest.mark.long
@pytest.mark.parametrize("path", recheck.PUBLISHED, ids=lambda path: path.parent.name)
def test_published_verdicts_are_what_their_numbers_give(path):
    (line,) = recheck.differing(path)
    assert line.endswith(recheck.COMPARED)
