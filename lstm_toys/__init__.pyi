from . import figures, files, networks, populations, results, runs, statistics, studies, tasks
from .figures.style import Drawing
from .networks.lstm import LSTM
from .networks.stack import Stack
from .populations.answering import answers
from .populations.checkpoints import Checkpoints
from .populations.devices import configure, fingerprint
from .populations.train import Population, train
from .results.arrays import Results
from .results.population import Saved, load, save
from .results.storage import load_parameters, load_results, save_parameters, save_results
from .runs.experiment import Experiment
from .runs.identity import Settings
from .statistics import measures
from .statistics.intervals import band, median_bootstrap, median_quartiles, wilson
from .statistics.scores import energy_score
from .tasks.families import FAMILIES, Family, Parameters, TimePoints, time_points
from .tasks.goal import Goal
from .tasks.parameters import Parameter
from .tasks.planes import LENGTH, SPACING, Axis, Plane, Trained
from .tasks.probes import Probe, probe
from .tasks.span import Span
from .tasks.supervision import Examples, Task, read_off, read_off_drawn, reproduce, reproduce_curves, show

__version__: str

__all__ = [
    "FAMILIES",
    "LENGTH",
    "LSTM",
    "SPACING",
    "Axis",
    "Checkpoints",
    "Drawing",
    "Examples",
    "Experiment",
    "Family",
    "Goal",
    "Parameter",
    "Parameters",
    "Plane",
    "Population",
    "Probe",
    "Results",
    "Saved",
    "Settings",
    "Span",
    "Stack",
    "Task",
    "TimePoints",
    "Trained",
    "answers",
    "band",
    "configure",
    "energy_score",
    "figures",
    "files",
    "fingerprint",
    "load",
    "load_parameters",
    "load_results",
    "measures",
    "median_bootstrap",
    "median_quartiles",
    "networks",
    "populations",
    "probe",
    "read_off",
    "read_off_drawn",
    "reproduce",
    "reproduce_curves",
    "results",
    "runs",
    "save",
    "save_parameters",
    "save_results",
    "show",
    "statistics",
    "studies",
    "tasks",
    "time_points",
    "train",
    "wilson",
]
