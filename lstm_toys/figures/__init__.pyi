from .answers import probe_answers, target, training_answer
from .drawings import Drawing, save
from .elements import label_ends
from .histories import error_histories, film, loss
from .read_off import read_off_axis, read_off_curves, read_off_plane, training_set
from .sets import errors_over_curves, errors_over_time, numbers_of_curves, set_answers, set_numbers, usual
from .style import COLORS, GRAY, canvas, colors

__all__ = [
    "COLORS",
    "GRAY",
    "Drawing",
    "canvas",
    "colors",
    "error_histories",
    "errors_over_curves",
    "errors_over_time",
    "film",
    "label_ends",
    "loss",
    "numbers_of_curves",
    "probe_answers",
    "read_off_axis",
    "read_off_curves",
    "read_off_plane",
    "save",
    "set_answers",
    "set_numbers",
    "target",
    "training_answer",
    "training_set",
    "usual",
]
