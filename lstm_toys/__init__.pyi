from . import claims, dynamics, errors, figures, grids, measures, sequences, statistics, tables
from .cli.command import ask, find, main
from .execution.devices import configure
from .networks.gru import GRU
from .networks.layer import orthogonal
from .networks.lstm import LSTM
from .networks.rnn import RNN
from .networks.stack import Stack
from .networks.training import parameter_count
from .populations.answering import answers
from .populations.checkpoints import Checkpoints, Recorded
from .populations.porting import to_torch
from .populations.states import rollout, states
from .populations.train import train
from .populations.trained import Networks
from .populations.tuning import tune
from .processor import fix_numpy
from .results.arrays import Results, probed
from .results.saving import save
from .results.storage import save_results
from .runs.experiment import Experiment
from .runs.folder import Run
from .runs.identity import Settings
from .runs.listing import list_runs
from .runs.loading import load, load_results
from .studies.analysis.settings import Analysis
from .tasks.curve_tasks import predict_next, read_off, reproduce, show
from .tasks.curves import read_curves, read_table
from .tasks.families import FAMILIES, Family, Parameters, TimePoints, time_points
from .tasks.goal import EarlyStopping, Goal
from .tasks.parameters import Parameter, Span
from .tasks.probes import Probe, probe, probe_at
from .tasks.scaling import Scaling
from .tasks.supervision import Examples, Task

__version__: str

__all__ = [
    "FAMILIES",
    "GRU",
    "LSTM",
    "RNN",
    "Analysis",
    "Checkpoints",
    "EarlyStopping",
    "Examples",
    "Experiment",
    "Family",
    "Goal",
    "Networks",
    "Parameter",
    "Parameters",
    "Probe",
    "Recorded",
    "Results",
    "Run",
    "Scaling",
    "Settings",
    "Span",
    "Stack",
    "Task",
    "TimePoints",
    "answers",
    "ask",
    "claims",
    "configure",
    "dynamics",
    "errors",
    "figures",
    "find",
    "fix_numpy",
    "grids",
    "list_runs",
    "load",
    "load_results",
    "main",
    "measures",
    "orthogonal",
    "parameter_count",
    "predict_next",
    "probe",
    "probe_at",
    "probed",
    "read_curves",
    "read_off",
    "read_table",
    "reproduce",
    "rollout",
    "save",
    "save_results",
    "sequences",
    "show",
    "states",
    "statistics",
    "tables",
    "time_points",
    "to_torch",
    "train",
    "tune",
]
