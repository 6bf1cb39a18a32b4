"""The judgment of claims by finished runs."""

from collections.abc import Iterator
from typing import Any

from lstm_toys.figures import Drawing
from lstm_toys.files import read_json_list, replacing, write_json
from lstm_toys.results import storage
from lstm_toys.runs.life import Conduct, Work, stopwatch
from lstm_toys.studies.claims import entries, evidence, figures, report
from lstm_toys.studies.claims.claim import CLIPPED, COPY
from lstm_toys.studies.claims.evidence import Evidence
from lstm_toys.studies.claims.settings import NETWORKS


def execute(work: Work, _: Conduct, seconds: dict[str, float]) -> dict[str, Any]:
    """Writes what is said of every claim, as a list and as a table.

    Args:
        work: its subject is a `Question`; what it needs are runs by column and population.
        seconds: spent so far; the stages of the run are added.

    Returns:
        The metrics.

    Raises:
        Damaged: a file of a run is.
        OSError: a file cannot be read or written.
    """
    question, run = work.subject, work.run
    with stopwatch(seconds, "judge"):
        every: dict[str, Evidence] = {}
        spent: dict[str, float] = {}
        for column in dict.fromkeys(column for column, _ in work.needs):
            runs = {name: each.run for (where, name), each in work.needs.items() if where == column}
            every[column] = {name: storage.load_results(each.checked("results.nc")) for name, each in runs.items()}
            spent[column] = round(sum(sum(each.read_metrics()["seconds"].values()) for each in {*runs.values()}), 1)
        networks = every.pop(NETWORKS)
        bounds = {COPY: float("inf"), CLIPPED: 1.0}
        nulls = {
            name: {population: evidence.copy(labeled, bound) for population, labeled in networks.items()}
            for name, bound in bounds.items()
        }
        published = question.published()
        told = [
            entries.entry(
                claim,
                networks,
                published=published,
                nulls=nulls,
                controls={name: every[name] for name in question.controls},
                variants={name: each for name, each in every.items() if name not in question.controls},
            )
            for claim in question.sentences()
        ]
        took = ", ".join(f"{seconds:,.0f} s ({column})" for column, seconds in spent.items())
        write_json(run.folder / "claims.json", told)
        with replacing(run.folder / "claims.md") as temporary:
            conditions = f"{question.made_by} Their runs took {took}."
            temporary.write_text(report.markdown(told, question.title, conditions))
    return {
        "experiment": run.name,
        "flags": run.settings.as_dict(),
        "verdicts": {each["id"]: each["verdict"] for each in told},
        "runs_seconds": spent,
        "files": ["claims.json", "claims.md"],
    }


def draw(work: Work) -> Iterator[tuple[str, Drawing]]:
    """Each claim's number over networks, and what it is held against."""
    yield "claims.png", figures.draw(read_json_list(work.run.checked("claims.json")))
