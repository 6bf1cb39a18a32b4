"""Colors of pages, and their contrast."""

import numpy as np


def contrast(colors, ground):
    """The contrast of colors, [..., channel], with another, as the Web Content Accessibility Guidelines 2.2 have it."""

    def luminance(color):
        shares = np.asarray(color) / 255
        linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    one, other = luminance(colors), luminance(ground)
    return (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)
