"""Published sets: each file whole, among files of the user's, and complete once the command is repeated."""

import io
import itertools
import json
import os
from hashlib import sha256

import numpy as np
import pytest
from PIL import Image

from lstm_toys import figures
from lstm_toys.figures import style
from lstm_toys.runs.publishing import NotPublished, content, publish

OLD = {"loss.svg": "old loss", "same.svg": "same", "stale.svg": "stale", "metrics.json": ""}
NEW = {"loss.svg": "the new loss", "same.svg": "same", "fresh.gif": "fresh", "metrics.json": '{"seeds": 16}'}
MINE = dict.fromkeys(("README.md", "mine.png", ".notes", ".ipynb_checkpoints/.lstm_toys-loss.svg.12.tmp"), "mine")
DIGESTS = {name: sha256(text.encode()).hexdigest() for name, text in NEW.items()}
PUBLISHED = NEW | MINE | {"manifest.json": {"origin": "sine-new", "files": DIGESTS}}


def write(folder, contents):
    for name, text in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return [folder / name for name in contents]


def files(folder):
    """The files in a folder, hidden or not, by name; the manifest as data."""
    texts = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
    return {name: json.loads(text) if name == "manifest.json" else text for name, text in texts.items()}


@pytest.fixture
def target(tmp_path):
    """A folder with the old set, which was published, the user's files, and one of a killed process."""
    publish(write(tmp_path / "old", OLD), tmp_path / "sine", "sine-old")
    write(tmp_path / "sine", MINE | {".lstm_toys-loss.svg.12.tmp": "half"})
    return tmp_path / "sine"


@pytest.fixture
def new(tmp_path):
    return write(tmp_path / "new", NEW)


def test_the_old_set_is_replaced_and_the_users_files_stay(target, new):
    (target / "same.svg").unlink()  # A file that is gone is not missed.
    (target / "loss.svg").write_text("edited")  # Version control keeps what was published.
    for _ in range(2):
        publish(new, target, "sine-new")
        assert files(target) == PUBLISHED


@pytest.mark.parametrize(
    "make", [lambda path: path.write_text("mine"), lambda path: path.symlink_to("nowhere")], ids=["file", "link"]
)
def test_a_file_that_was_never_published_is_not_replaced(target, new, make):
    make(target / "fresh.gif")
    before = files(target)
    with pytest.raises(NotPublished, match=r"sine: these files were not published; move them first: fresh\.gif$"):
        publish(new, target, "sine-new")
    assert files(target) == before
    (target / "fresh.gif").rename(target.parent / "moved")
    publish(new, target, "sine-new")
    assert files(target) == PUBLISHED


@pytest.mark.parametrize(
    "manifest", ["", "{}", '{"files": ["loss.svg"]}', '{"files": {"../victim": ""}}', '{"files": {"/victim": ""}}']
)
def test_a_manifest_that_does_not_list_files_of_its_folder_is_damaged(target, new, manifest):
    (target.parent / "victim").write_text("mine")
    (target / "manifest.json").write_text(manifest)
    before = {path: path.read_bytes() for path in target.parent.rglob("*") if path.is_file()}
    with pytest.raises(NotPublished, match=r"manifest\.json: is damaged; restore it, or move it elsewhere"):
        publish(new, target, "sine-new")
    assert {path: path.read_bytes() for path in target.parent.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("moment", range(len(NEW) + 2))
def test_where_it_was_interrupted_every_file_is_whole_and_the_same_command_completes_the_set(
    target, new, moment, monkeypatch
):
    before, replaced, replace = files(target), itertools.count(), os.replace

    def interrupted(*paths):
        if next(replaced) == moment:
            raise KeyboardInterrupt
        replace(*paths)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        publish(new, target, "sine-new")
    monkeypatch.undo()
    for name, text in files(target).items():
        assert name == "manifest.json" or text in (before.get(name), PUBLISHED.get(name))
    publish(new, target, "sine-new")
    assert files(target) == PUBLISHED


def bands(axes):
    axes.imshow(np.random.default_rng(0).random((90, 90, 3)), extent=(0, 2, 0, 2))
    for place, color in enumerate(style.COLORS.values()):
        axes.axhspan(4.2 + place, 4.9 + place, color=color, alpha=0.12, linewidth=0)
    axes.set(xlim=(0, 11), ylim=(0, 11))


def heat_map(axes):
    axes.pcolormesh(np.random.default_rng(0).random((40, 40)), cmap=style.heat_scale())


@pytest.mark.usefixtures("drawing")
@pytest.mark.parametrize(("draw", "area", "colors"), [(bands, 1_000, len(style.COLORS)), (heat_map, 500, style.SHADES)])
def test_what_is_wide_keeps_its_color_among_many_colors(draw, area, colors, tmp_path):
    with figures.canvas("title") as (figure, (axes,)):
        draw(axes)
    figures.save(figure, path := tmp_path / "drawn.png")
    images = (Image.open(file).convert("RGB") for file in (io.BytesIO(content(path)), path))
    reduced, drawn = (np.asarray(image, int) for image in images)
    assert len(np.unique(reduced.reshape(-1, 3), axis=0)) <= 256
    seen, areas = np.unique(drawn.reshape(-1, 3), axis=0, return_counts=True)
    assert (areas > area).sum() > colors
    for color in seen[areas > area]:
        assert (reduced[(drawn == color).all(axis=-1)] == color).all(), color
