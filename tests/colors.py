"""Colors of pages, and their contrast."""

import re


def over(color, ground):
    """The color that one of a style sheet, perhaps transparent, comes to upon another."""
    if color.startswith("#"):
        return tuple(int(color[at : at + 2], 16) for at in (1, 3, 5))
    *letters, percent = map(int, re.findall(r"\d+", color))
    return tuple(percent / 100 * own + (1 - percent / 100) * below for own, below in zip(letters, ground, strict=True))


def contrast(one, other):
    """The contrast of two colors, as the Web Content Accessibility Guidelines 2.2 define it."""

    def luminance(color):
        shares = (each / 255 for each in color)
        red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in shares)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)
