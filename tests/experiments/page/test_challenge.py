"""The challenge to find a curve on which the networks fail."""

import numpy as np
import pytest

import lstm_toys as lt

FASTER = "curve=sine&amplitude=0.3&frequency=20&phase=0&offset=0.3&networks=published"
"""A sine within the range of the one that the networks learned."""


def score(saved):
    """The error of the median answer to that sine, as the summary of the page has it."""
    curve = np.float32(0.3 + 0.3 * np.sin(20 * lt.time_points(100)))
    answers = lt.answers(saved.model, saved.params, curve[None, :, None])[:, 0, :, 0]
    median = np.median(np.delete(answers, 3, axis=0), axis=0)
    return f"{np.sqrt(np.mean(np.square(median - curve)[10:])):#.2g}"


def copied(tab):
    """What the button puts on the clipboard."""
    tab.evaluate(
        """Object.defineProperty(navigator, "clipboard", {
            value: { writeText: async (text) => { window.onClipboard = text; } },
        })"""
    )
    tab.click("#challenge-copy")
    return tab.wait_for_function("() => window.onClipboard").json_value()


def test_a_challenge_is_copied_opened_and_undone(address, opened, settled, saved):
    expected = score(saved("published"))
    tab = opened(f"{address}#{FASTER}")
    assert "between 0.00 and 0.60" in tab.inner_text("#challenge-goal")
    assert f"scores {expected}," in tab.inner_text("#challenge-goal")
    assert not tab.locator("#challenge-sent").is_visible()
    sent = copied(tab)
    assert sent.endswith(f"&score={expected}")
    assert "score" not in tab.url

    other = opened(sent.replace(f"score={expected}", "score=9"))
    who = "19 networks (LSTM as published, after 1,000 steps)"
    said = f"Somebody found this curve, on which the median of {who} is {expected} off. Find a worse one!"
    assert other.inner_text("#challenge-sent") == said
    assert other.url.endswith("&score=9")
    other.locator("[name=amplitude]").fill("0.2")
    settled(other)
    assert not other.locator("#challenge-sent").is_visible()
    assert "score" not in other.url
    assert f"It is not worse than the one that you were sent ({expected})" in other.inner_text("#challenge-goal")
    other.click("#undo")
    settled(other)
    assert other.inner_text("#challenge-sent") == said
    assert other.url.endswith("&score=9")
    other.reload()
    settled(other)
    assert other.inner_text("#challenge-sent") == said
    other.locator("[name=networks]").select_option("gru")
    settled(other)
    assert "for other networks" in other.inner_text("#challenge-goal")


def test_curves_beyond_the_sine_do_not_count(address, opened, settled):
    larger = FASTER.replace("amplitude=0.3", "amplitude=0.31")
    tab = opened(f"{address}#{larger}&score=0.5")
    assert "from −0.01 to 0.61 and does not count" in tab.inner_text("#challenge-goal")
    assert "does not count" in tab.inner_text("#challenge-sent")
    assert tab.locator("#challenge-copy").is_disabled()
    tab.locator("[name=amplitude]").fill("0.25")
    tab.locator("[name=offset]").fill("0.36")
    settled(tab)
    assert "from 0.11 to 0.61 and does not count" in tab.inner_text("#challenge-goal")
    tab.locator("[name=offset]").fill("0.35")
    settled(tab)
    assert tab.locator("#challenge-copy").is_enabled()
    tab.locator("[name=seed]").select_option("network 4")
    settled(tab)
    assert "One network is shown alone" in tab.inner_text("#challenge-goal")
    assert tab.locator("#challenge-copy").is_disabled()


def test_a_network_that_is_not_kept_is_not_in_a_challenge(address, opened):
    tab = opened(f"{address}#{FASTER}&step=30&seed=18")
    assert "step=30" in (sent := copied(tab))
    assert "seed" not in sent


@pytest.mark.parametrize("score", ["", "NaN", "<script>"])
def test_nonsense_is_not_a_challenge(score, address, opened):
    tab = opened(f"{address}#{FASTER}&score={score}")
    assert not tab.locator("#challenge-sent").is_visible()
    assert "score" not in tab.url
