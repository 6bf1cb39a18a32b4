"""The house style of figures, and the elements that all figures share.

>>> with lt.figures.canvas("A line") as (figure, _):
...     isinstance(figure, lt.figures.Drawing)
True
"""

import re
import warnings
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import matplotlib as mpl
import numpy as np
import xarray as xr
from jaxtyping import Float, Real
from matplotlib.animation import AbstractMovieWriter, FuncAnimation
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.colors import Colormap, ListedColormap, to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from PIL import Image
from scipy.optimize import isotonic_regression

from lstm_toys import arguments, output
from lstm_toys.files import replacing
from lstm_toys.results.arrays import recorded_on

Drawing = Figure | FuncAnimation

T = TypeVar("T", bound=Hashable)

COLORS = {"r": "#8f1108", "b": "#1208a1", "g": "#02886b", "c": "#026784", "y": "#b38f0e", "k": "#000000"}
"""Six colors, by matplotlib's letters: the hues of Okabe and Ito (2008) with different lightness, which remain distinct
with red-green blindness and in grayscale. Their contrast with white is at least 3:1, for thin dashed lines."""

GRAY = "#555555"

BAND: dict[str, Any] = {"alpha": 0.22, "linewidth": 0}

INPUT: dict[str, Any] = {"linewidth": 0.9, "linestyle": "--"}
MEDIAN: dict[str, Any] = {"linewidth": 1.5}

ONE: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 1.8, "markeredgewidth": 0, "alpha": 0.7}
GOAL: dict[str, Any] = {"color": "black", "linewidth": 1, "linestyle": "--"}
"""Styles of bands, inputs and true answers, medians, answers of one network, and the level that counts as learned."""

SHADES = 97
"""Colors of the color scales of heat maps: few enough to be exact in files, and odd, so that one is in the middle."""

STYLE: Any = {
    "figure.figsize": (6.8, 4.2),
    "figure.dpi": 150,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.constrained_layout.h_pad": 0.06,
    "axes.edgecolor": "#bbbbc4",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlesize": 10,
    "axes.titley": 1.0,
    "figure.titlesize": 10,
    "figure.labelsize": 9,
    "grid.color": "#e4e4ea",
    "xtick.color": "#333333",
    "ytick.color": "#333333",
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "font.size": 9,
    "hatch.color": "#8a8a93",
    "svg.hashsalt": "lstm_toys",
}

FRAMES_A_SECOND = 4

HOLD = 2_000
"""Milliseconds for which the last frame of an animation is shown."""

UNDATED: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
"""Metadata left out of files, so that equal figures have equal bytes."""

FORMATS = ("png", *UNDATED)

SIGN = re.compile(r"(?<![\w.)\]-])-(?=\.?\d)|(?<=\de)-(?=\d+(?!\w))|(?<=\d )-(?= [A-Za-z(])")
"""Hyphens that stand for a minus, as in ``-1``, ``1e-05`` and ``1 - R²``."""

MOST_BANDS = 3


@contextmanager
def house(**style: Any) -> Iterator[None]:
    """Applies the house style during a block instead of the user's settings, with ``style`` on top."""
    # Setting the backend could open a display.
    settings: Any = {name: value for name, value in mpl.rcParamsDefault.items() if name != "backend"}
    with mpl.rc_context(settings | STYLE | style):
        yield


@contextmanager
def canvas(
    *titles: str,
    xlabel: str = "x",
    ylabel: str = "y",
    columns: int | None = None,
    size: tuple[float, float] | None = None,
    subplots: Mapping[str, Any] = {},
    **style: Any,
) -> Iterator[tuple[Figure, list[Axes]]]:
    """Makes a figure in the library's style, with one panel per title; what is drawn in the block has this style.

    Titles and labels are literal: a dollar sign does not begin a formula.

    Args:
        titles: one title per panel; the number of titles is the number of panels.
        xlabel: label of all x axes.
        ylabel: label of all y axes.
        columns: number of columns of panels; None: all panels are side by side.
        size: width and height in inches; None: chosen for the number of panels.
        subplots: further arguments of `matplotlib.figure.Figure.subplots`, such as ``{"sharex": True}``.
        style: further settings of Matplotlib (``rcParams``) on top of `STYLE`, as in ``**{"font.size": 13}``.

    Yields:
        The figure, and a list of its axes.

    Example:
        >>> with lt.figures.canvas("A line", ylabel="y (cm)") as (figure, (axes,)):
        ...     _ = axes.plot([0, 1], [0.1, 0.6], color=lt.figures.COLORS["b"])
        >>> axes.get_title()
        'A line'
    """
    columns = columns or len(titles)
    rows = -(-len(titles) // columns)
    with house(**style):
        usual = (6.8, 4.2) if len(titles) == 1 else (4.6 * columns, 0.4 + 3.6 * rows)
        figure = Figure(figsize=size or usual)
        panels = list(figure.subplots(rows, columns, squeeze=False, **subplots).ravel())
        while len(panels) > len(titles):
            panels.pop().remove()
        for axes, title in zip(panels, titles, strict=True):
            laid_out(axes)
            axes.set(title=plain(title), xlabel=plain(xlabel), ylabel=plain(ylabel))
        yield figure, panels


@contextmanager
def sheet(
    heading: str, *titles: str, entries: Iterable[Artist] = (), across: int = 3, **options: Any
) -> Iterator[tuple[Figure, list[Axes]]]:
    """Makes a `canvas` with a heading, and a legend of what is labeled and of further entries, ``across`` in a row."""
    with canvas(*titles, **options) as (figure, panels):
        figure.suptitle(plain(heading))
        yield figure, panels
        legend(figure, *entries, columns=across)


def laid_out(axes: Axes, *, x: bool = True, y: bool = True) -> None:
    """Sets for which axes the layout leaves room, and ignores the frame: measuring ticks takes most of the time."""
    axes.xaxis.set_in_layout(x)
    axes.yaxis.set_in_layout(y)
    for spine in axes.spines.values():
        spine.set_in_layout(False)


def plain(text: str) -> str:
    """Escapes text for matplotlib: no formulas, visible in legends, and minus signs before numbers."""
    signed = SIGN.sub("−", text)
    return (" " if signed.startswith("_") else "") + signed.replace("$", r"\$")


def colors(values: Iterable[T], letters: str = "brgcyk") -> dict[T, str]:
    """Assigns each value a color, the same one wherever the values are the same.

    Args:
        values: what is to be colored, such as the names of populations; repeated values count once.
        letters: letters in `COLORS`, in the order in which they are assigned. For more values than letters, all colors
            are shades of one scale.

    Returns:
        The color of each value, as ``"#rrggbb"``.

    Example:
        >>> lt.figures.colors(["LSTM", "GRU"])
        {'LSTM': '#1208a1', 'GRU': '#8f1108'}
    """
    names = list(dict.fromkeys(values))
    if len(names) <= len(letters):
        return {name: COLORS[letter] for name, letter in zip(names, letters, strict=False)}
    return scale(names)


def scale(values: Iterable[T]) -> dict[T, str]:
    """Assigns each value a color of one scale, in order."""
    names = list(dict.fromkeys(values))
    shades = dark_scale()(np.linspace(0, 1, len(names)))
    return {name: to_hex(shade) for name, shade in zip(names, shades, strict=True)}


def dark_scale() -> Colormap:
    """Returns the color scale of lines: the part of the heat maps' scale that is dark enough for lines on white."""
    return ListedColormap(mpl.colormaps["viridis"](np.linspace(0, 0.59, 256)))  # With a contrast of 3:1.


def heat_scale(name: str = "viridis") -> Colormap:
    """Returns a color scale of heat maps, by its name in Matplotlib, with `SHADES`."""
    return mpl.colormaps[name].resampled(SHADES)


def caption(drawing: Drawing) -> str:
    """The heading of a figure, or the title of its first panel, as a sentence; empty without one."""
    if not isinstance(drawing, Figure):
        return ""
    parts = [part.get_suptitle() for part in (drawing, *drawing.subfigs)]
    titles = [*parts, *(axes.get_title() for axes in drawing.axes)]
    words = next(filter(None, titles), "").replace("\\$", "$").replace(",\n", ", ").replace("\n", "; ")
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def save(drawing: Drawing, path: Path | str) -> None:
    """Writes a figure or an animation to a file.

    The file has the same bytes whatever the user's Matplotlib settings are. An interruption leaves either the earlier
    file or the complete new one.

    Args:
        drawing: a Matplotlib figure or animation, such as the functions of `lt.figures` return.
        path: the file, whose suffix chooses the format: ``.png``, ``.svg`` or ``.pdf`` for a figure, ``.gif`` for an
            animation.

    Raises:
        ValueError: the suffix is another one.
        OSError: the file cannot be written.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder, lt.figures.canvas("A line") as (figure, _):
        ...     lt.figures.save(figure, Path(folder, "line.svg"))
        ...     [path.name for path in Path(folder).iterdir()]
        ['line.svg']
    """
    path = Path(path)
    arguments.instance("drawing", drawing, Drawing, "a figure or an animation, such as lt.figures returns")
    form = path.suffix.removeprefix(".")
    formats = FORMATS if isinstance(drawing, Figure) else ("gif",)
    if form not in formats:
        raise ValueError(f"{path.name}: the file name must end in .{' or .'.join(formats)}")
    with house(), replacing(path) as temporary:
        if not isinstance(drawing, Figure):
            drawing.save(temporary, writer=_Gif(fps=FRAMES_A_SECOND))
        elif form == "png":
            canvas = FigureCanvasAgg(drawing)
            canvas.draw()
            _image(canvas).save(temporary, format="png", dpi=(drawing.dpi, drawing.dpi), compress_level=1)
        else:
            drawing.savefig(temporary, format=form, metadata=UNDATED[form])


class _Gif(AbstractMovieWriter):
    """Draws each frame once; matplotlib's own writer draws each twice, since it lays figures out anew."""

    def setup(self, *args: Any, **options: Any) -> None:
        super().setup(*args, **options)
        self.frames: list[Image.Image] = []

    def grab_frame(self, **_: Any) -> None:
        renderer = RendererAgg(*self.frame_size, self.fig.dpi)
        self.fig.draw(renderer)
        self.frames.append(_image(renderer))

    def finish(self) -> None:
        first, *others = self.frames
        durations = [1_000 // self.fps] * len(others) + [HOLD]
        first.save(self.outfile, "GIF", save_all=True, append_images=others, duration=durations, loop=0)


def _image(drawn: FigureCanvasAgg | RendererAgg) -> Image.Image:
    """The pixels of what was drawn, which are opaque."""
    return Image.fromarray(np.asarray(drawn.buffer_rgba())).convert("RGB")


def middle(values: Float[np.ndarray, "S K"] | xr.DataArray) -> Float[np.ndarray, "3 K"]:
    """The 5th, 50th and 95th percentile over the networks that have a number; NaN where none has."""
    lacking = np.isnan(values).any()
    quantile, median = (np.nanquantile, np.nanmedian) if lacking else (np.quantile, np.median)
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        low, high = quantile(values, (0.05, 0.95), axis=0)
        return np.stack([low, median(values, axis=0), high])


def band(
    axes: Axes,
    x: Any,
    values: Float[np.ndarray, "S K"] | xr.DataArray,
    color: str,
    label: str = "",
    spread: str = "",
    *,
    filled: bool = True,
    **line: Any,
) -> None:
    """Draws the median over networks as a line and, if ``filled``, a band from the 5th to the 95th percentile.

    ``label`` and ``spread`` are what a legend calls the line and the band.
    """
    low, median, high = middle(values)
    axes.plot(x, median, color=color, label=plain(label), **(MEDIAN | line))
    if filled:
        axes.fill_between(x, low, high, color=color, label=plain(spread), **BAND)


def bars(axes: Axes, x: Any, values: Float[np.ndarray, "S K"] | xr.DataArray, color: str, label: str = "") -> None:
    """Draws medians over networks as dots on bars from the 5th to the 95th percentile, with a label for legends."""
    low, median, high = middle(values)
    axes.vlines(x, low, high, color=color, alpha=0.35, linewidth=2)
    axes.plot(x, median, "o", color=color, markersize=3, label=plain(label))


def answers_of(axes: Axes, answers: xr.DataArray, color: str, *, filled: bool = True) -> None:
    """Draws answers ``seed, time, feature``: the median over seeds, its band if ``filled``, and one seed as dots.

    If networks answer x too, the line and the band are at its median, and the dots at the answered x.
    """
    if not answers.sizes["seed"]:
        return
    y = answers.sel(feature="y").values
    x = answers.sel(feature="x").values if "x" in answers.feature.values else answers.time.values[None]
    # At most 40 dots: more would look like a second line.
    axes.plot(x[0], y[0], color=color, markevery=-(-y.shape[1] // 40), **ONE)
    band(axes, np.median(x, axis=0), y, color, filled=filled)


def entry(label: str, color: str = GRAY, **style: Any) -> Line2D:
    """A legend entry of a line or marker."""
    return Line2D([], [], label=plain(label), **({"color": color} | style))


def band_entry(label: str, color: str = GRAY, **style: Any) -> Patch:
    """A legend entry of a band or area."""
    return Patch(color=color, label=plain(label), **(BAND | style))


def answer_entries(fit: xr.Dataset, color: str, *, filled: bool = True) -> list[Artist]:
    """The legend entries of what `answers_of` draws."""
    if not fit.sizes["seed"]:
        return [entry("every network diverged", linestyle="")]
    count, one = fit.sizes["seed"], f"one of them (network {int(fit.seed[0])})"
    median = entry(f"median of {counted(count)}", color, **MEDIAN)
    bands = [band_entry(band_name(count), color)] * filled
    return [median, *bands, entry(one, color, **(ONE | {"markersize": 2.6}))]


def label_ends(axes: Axes, x: float, ends: Mapping[str, tuple[float, str]], apart: float) -> None:
    """Labels lines at their right ends, instead of a legend.

    Args:
        axes: the panel with the lines.
        x: where the lines end.
        ends: height and color of each line's end by label.
        apart: least vertical distance of labels, in the unit of y, or in decades if its axis is logarithmic. Labels
            that would be nearer are moved apart, as little as possible, and connected with their ends.

    Example:
        >>> with lt.figures.canvas("A line") as (figure, (axes,)):
        ...     _ = axes.plot([0, 1], [0.1, 0.6], color=lt.figures.COLORS["b"])
        ...     lt.figures.label_ends(axes, 1.0, {"up": (0.6, lt.figures.COLORS["b"])}, 0.1)
        >>> [label.get_text() for label in axes.texts]
        ['up']
    """
    sorted_ends = sorted(ends.items(), key=lambda end: -end[1][0])
    scale = axes.yaxis.get_transform()
    heights = scale.transform(np.array([height for _, (height, _) in sorted_ends]))
    spacing = apart * np.arange(len(heights))
    places = scale.inverted().transform(isotonic_regression(heights + spacing, increasing=False).x - spacing)
    look: dict[str, Any] = {"annotation_clip": False, "va": "center", "fontsize": 8}
    look |= {"textcoords": ("offset points", "data")}
    for (label, (height, color)), place in zip(sorted_ends, places.tolist(), strict=True):
        leader = {"arrowstyle": "-", "color": color, "linewidth": 0.7, "shrinkA": 1, "shrinkB": 0, "relpos": (0, 0.5)}
        text, end = (14, place), (x, height)
        axes.annotate(plain(label), end, text, color=color, arrowprops=leader, **look)


def labeled(place: Figure | Axes) -> list[Artist]:
    """What was drawn with a label, in the order of drawing; of equal labels the first."""
    drawn: dict[str, Artist] = {}
    for axes in [place] if isinstance(place, Axes) else place.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            drawn.setdefault(label, handle)
    return [*drawn.values()]


def legend(place: Figure | Axes, *more: Artist, columns: int = 3, loc: Any = None) -> None:
    """Adds a legend of what is labeled, and of more: within axes, or below a figure with as many columns as fit."""
    entries = [*labeled(place), *more]
    if isinstance(place, Axes):
        place.legend(handles=entries, loc=loc or "best")
        return
    for ncols in range(columns, 0, -1):
        drawn = place.legend(handles=entries, loc=loc or "outside lower center", ncols=ncols)
        if ncols == 1 or drawn.get_window_extent().width <= place.bbox.width:
            return
        drawn.remove()


def training(results: xr.Dataset) -> str:
    """The name of the set that was recorded: ``training`` or ``validation``."""
    return "training" if recorded_on(results) == "train" else "validation"


def training_entries(fit: xr.Dataset) -> list[Artist]:
    """The legend entries of a training curve and of the answers to it."""
    return [*answer_entries(fit, COLORS["r"]), entry(f"{training(fit)} curve", COLORS["b"], **INPUT)]


def evenly(count: int, most: int) -> list[int]:
    """Evenly spaced indices of all items, or of as many as allowed."""
    return np.linspace(0, count - 1, min(count, most)).round().astype(int).tolist()


def counted(networks: int) -> str:
    """How many networks there are, for a legend: ``16 networks``."""
    return output.counted(networks, "network")


def band_name(networks: int) -> str:
    """The label of a band from the 5th to the 95th percentile of networks."""
    return f"middle 90 % of {counted(networks)}"


def whole_ticks(axes: Axes, places: Real[np.ndarray, " T"]) -> None:
    """Puts the ticks of the x axis at time points if these are whole numbers, such as months or rows."""
    if np.array_equal(places, np.round(places)):
        steps = (1, 2, 3, 4, 6, 10) if np.ptp(places) < 24 else (1, 2, 5, 10)  # Of up to two years, quarters.
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=steps))
        axes.xaxis.set_major_formatter("{x:,.0f}")
