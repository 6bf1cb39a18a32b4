"""Evaluates a trained population: the parts that grids and the user's curves share."""

from typing import TYPE_CHECKING, Any

from lstm_toys.execution.lowering import Digests
from lstm_toys.execution.progress import EvaluationProgress
from lstm_toys.runs import checks, source
from lstm_toys.runs.context import Failed, Refused, RunContext, stopwatch
from lstm_toys.runs.trained import load

if TYPE_CHECKING:
    from lstm_toys.studies.generalization.study import GeneralizationStudy

CODE = (
    *(f"studies/generalization/{name}.py" for name in ("computation", "grids", "lengths", "own_curves")),
    "studies/generalization/settings.py",
    *(f"populations/{name}.py" for name in ("blocks", "answering")),
    *(f"results/{name}.py" for name in ("storage", "arrays", "summary", "accuracy")),
    *("tasks/scaling.py", "runs/trained.py", "runs/measure.py", "runs/measured.py"),
)
"""The code that writes the file of an evaluation."""


def check_features(study: "GeneralizationStudy", allowed: set[str]) -> None:
    """Raises Refused unless y is among the networks' inputs, all inputs are in ``allowed``, and sequences include y."""
    checks.check_values(study.experiment, "generalization")
    task = study.experiment.small[1]
    refused = f"generalization of {study.experiment.name}: "
    if not {*task.input_features} <= allowed or "y" not in task.input_features:
        words = "y, or x and y" if "x" in allowed else "y"
        raise Refused(
            f"{refused}its networks are shown {' and '.join(task.input_features)}; this takes those that see {words}"
        )
    if task.sequence and "y" not in task.output_features:
        raise Refused(f"{refused}its networks answer {' and '.join(task.output_features)}, of which none is y")


def digests(study: "GeneralizationStudy") -> Digests:
    """Digests of the evaluation's programs and curves, and of the training run."""
    return {
        **study.job(load(study.population)).digests(),
        "population": study.population.run.folder.name,
        "code of evaluation": source.digest(*CODE),
    }


def execute(study: "GeneralizationStudy", context: RunContext, seconds: dict[str, float]) -> dict[str, Any]:
    """Evaluates a finished population, and writes its answers or their measures; see `Study.execute`.

    Raises Failed if every seed of the population diverged.
    """
    settings, run = study.settings, study.run
    if lost := study.population.lost(study.population.metrics):
        raise Failed(lost)
    trained = load(study.population)
    fingerprint, diverged = trained.metrics["fingerprint"], trained.metrics["diverged_seeds"]
    attributes = {"flags": settings.as_dict(), "fingerprint": fingerprint, "run": run.folder.name}
    with stopwatch(seconds, "evaluate"), EvaluationProgress(context.console, study.answers) as progress:
        elsewhere = study.evaluate(trained, context, progress, attributes)
    with stopwatch(seconds, "summary"):
        summary = study.summary()
    return {
        "experiment": run.name,
        "population": study.population.run.folder.name,
        "seeds": len(trained.diverged),
        "diverged_seeds": diverged,
        "answers": study.answers,
        "answers_per_second": round(study.answers / seconds["evaluate"]),
        "interval": "95 % bootstrap of the median over seeds",
        "summary": summary,
        "flags": settings.as_dict(),
        "fingerprint": fingerprint,
        **({"executed_elsewhere": elsewhere} if elsewhere else {}),
        "files": [run.results.name],
    }
