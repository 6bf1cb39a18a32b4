from . import claims, figures, grids
from .cli.command import ask, main
from .dynamics.interventions import intervene
from .dynamics.slow import SlowPoints, slow_points
from .dynamics.turned import turn_mode
from .execution.devices import configure, fingerprint
from .execution.signals import Stopped
from .figures.style import Drawing
from .files import Damaged
from .networks.cells import InvalidModel
from .networks.gru import GRU
from .networks.lstm import LSTM
from .networks.rnn import RNN
from .networks.stack import Stack
from .networks.training import parameter_count
from .populations.answering import answers
from .populations.checkpoints import Checkpoints, OtherTraining
from .populations.porting import to_torch
from .populations.states import Rollout, rollout, states
from .populations.train import Diverged, train
from .populations.trained import Networks
from .populations.tuning import Tried, tune
from .results.arrays import Results, probed
from .results.saving import Untrusted, save
from .results.storage import load_parameters, save_parameters, save_results
from .results.summary import accepted, right
from .runs.experiment import Experiment
from .runs.external import curves_of, labeled
from .runs.identity import Settings
from .runs.loading import load, load_results
from .statistics import measures
from .statistics.intervals import band, clopper_pearson, median_bootstrap, median_quartiles, wilson
from .statistics.psychometric import Psychometric, psychometric
from .statistics.similarity import procrustes
from .studies.analysis.settings import Analysis
from .studies.claims.evidence import per_curve
from .tasks import sequences
from .tasks.curves import read_curves
from .tasks.families import FAMILIES, Family, Parameters, TimePoints, time_points
from .tasks.goal import EarlyStopping, Goal
from .tasks.parameters import Parameter, Span
from .tasks.probes import Probe, probe, probe_at
from .tasks.sets import Scaling
from .tasks.supervision import Examples, Task, predict_next, read_off, read_off_drawn, reproduce, reproduce_curves, show

__version__: str

__all__ = [
    "FAMILIES",
    "GRU",
    "LSTM",
    "RNN",
    "Analysis",
    "Checkpoints",
    "Damaged",
    "Diverged",
    "Drawing",
    "EarlyStopping",
    "Examples",
    "Experiment",
    "Family",
    "Goal",
    "InvalidModel",
    "Networks",
    "OtherTraining",
    "Parameter",
    "Parameters",
    "Probe",
    "Psychometric",
    "Results",
    "Rollout",
    "Scaling",
    "Settings",
    "SlowPoints",
    "Span",
    "Stack",
    "Stopped",
    "Task",
    "TimePoints",
    "Tried",
    "Untrusted",
    "accepted",
    "answers",
    "ask",
    "band",
    "claims",
    "clopper_pearson",
    "configure",
    "curves_of",
    "figures",
    "fingerprint",
    "grids",
    "intervene",
    "labeled",
    "load",
    "load_parameters",
    "load_results",
    "main",
    "measures",
    "median_bootstrap",
    "median_quartiles",
    "parameter_count",
    "per_curve",
    "predict_next",
    "probe",
    "probe_at",
    "probed",
    "procrustes",
    "psychometric",
    "read_curves",
    "read_off",
    "read_off_drawn",
    "reproduce",
    "reproduce_curves",
    "right",
    "rollout",
    "save",
    "save_parameters",
    "save_results",
    "sequences",
    "show",
    "slow_points",
    "states",
    "time_points",
    "to_torch",
    "train",
    "tune",
    "turn_mode",
    "wilson",
]
