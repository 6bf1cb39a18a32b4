"""Colors of pages, and their contrast."""

import re

import numpy as np


def over(color, ground):
    """The color that one of a style sheet, perhaps transparent, comes to upon another."""
    if color.startswith("#"):
        return tuple(int(color[at : at + 2], 16) for at in (1, 3, 5))
    *letters, percent = map(int, re.findall(r"\d+", color))
    return tuple(percent / 100 * own + (1 - percent / 100) * below for own, below in zip(letters, ground, strict=True))


def contrast(colors, ground):
    """The contrast of colors, [..., channel], with another, as the Web Content Accessibility Guidelines 2.2 define it."""

    def luminance(color):
        shares = np.asarray(color) / 255
        linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    one, other = luminance(colors), luminance(ground)
    return (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)
