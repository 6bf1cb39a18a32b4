"""What charts draw stands out from the page, by the pixels of their canvases."""

import base64
import io

import numpy as np
import pytest
from colors import contrast
from PIL import Image

DRAWN = ("trained", "shown", "median", "single", "band", "others", "published", "null", "ink", "quiet", "grid", "edge")
"""Colors with which charts draw."""

OTHER_NAMES = {"bound": "null", "reddish": "published", "thin": "single", "dense": "others", "": "ink"}
"""Colors of swatches that are called otherwise."""

LARGER = "curve=sine&amplitude=0.6&frequency=10&phase=0&offset=0.6"

LEGENDS = {
    "#key": ("#chart", 8),
    "#inside-gates .key": ("#inside-gates canvas", 3),
    "#inside-cell .key": ("#inside-cell canvas", 4),
    "#inside-hidden .key": ("#inside-hidden canvas", 2),
    "#inside-static .key": ("#inside-static canvas", 2),
}
"""By legend, the canvas that it is about, and how many lines it names."""


def named(tab, legend):
    """The colors that a legend names; the band, which is an area, has lines of the color `single` at its ends."""
    swatches = f"{legend} li:not([hidden]) span:first-child"
    marks = tab.eval_on_selector_all(swatches, "all => all.map((each) => each.className)")
    names = [mark.removeprefix("swatch").strip() for mark in marks]
    return ["single" if name == "band" else OTHER_NAMES.get(name, name) for name in names]


def isolated(tab, canvas, color):
    """The colors, [row, column, channel], of a canvas upon the page, on which only what has one color is drawn."""
    url, paper = tab.locator(canvas).evaluate(
        """(canvas, [names, shown]) => {
            const { style } = document.documentElement;
            for (const name of names) {
                if (name === shown) style.removeProperty(`--${name}`);
                else style.setProperty(`--${name}`, "transparent");
            }
            document.dispatchEvent(new CustomEvent("cursor", { detail: 0 }));
            return [canvas.toDataURL(), getComputedStyle(document.documentElement).getPropertyValue("--paper").trim()];
        }""",
        [DRAWN, color],
    )
    picture = Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGBA")
    ground = Image.new("RGBA", picture.size, paper)
    return np.asarray(Image.alpha_composite(ground, picture).convert("RGB"))


def typical_contrast(picture):
    """In columns in which there is something, the largest contrast with the ground: the median over these columns."""
    ground = tuple(picture[1, 1])
    colors, where = np.unique(picture.reshape(-1, 3), axis=0, return_inverse=True)
    contrasts = np.array([contrast(tuple(color), ground) for color in colors])[where.ravel()]
    largest = contrasts.reshape(picture.shape[:2]).max(axis=0)
    drawn = largest > 1.05
    assert drawn.sum() > 50
    return np.median(largest[drawn])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_line_that_a_legend_names_stands_out(scheme, address, opened):
    tab = opened(f"{address}#{LARGER}&set=amplitude", color_scheme=scheme)
    tab.locator("#inside > summary").click()
    tab.locator("[name=unit]").select_option("unit 2")
    tab.get_by_label("exchange the readout for a dense one").check()
    found = {}
    for legend, (canvas, count) in LEGENDS.items():
        names = named(tab, legend)
        assert len(names) == count
        for name in names:
            found[f"{canvas} {name}"] = round(typical_contrast(isolated(tab, canvas, name)), 1)
    assert min(found.values()) >= 3, found
