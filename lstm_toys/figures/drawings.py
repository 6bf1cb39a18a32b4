"""Drawings, and the files that they are written to."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.animation import AbstractMovieWriter, FuncAnimation
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from PIL import Image

from lstm_toys import arguments
from lstm_toys.figures.style import house
from lstm_toys.files import replacing

Drawing = Figure | FuncAnimation

FRAMES_A_SECOND = 4

HOLD = 2_000
"""Milliseconds for which the last frame of an animation is shown."""

UNDATED: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
"""Metadata left out of files, so that equal figures have equal bytes."""

FORMATS = ("png", *UNDATED)


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
