"""The published report is what its numbers say."""

import json
from pathlib import Path

from benchmarks import report

PUBLISHED = Path(__file__).parents[2] / "results" / "benchmarks"


def test_the_published_report_is_made_of_the_published_numbers():
    results = json.loads((PUBLISHED / "population.json").read_text())
    assert report.markdown(results) == (PUBLISHED / "population.md").read_text()
