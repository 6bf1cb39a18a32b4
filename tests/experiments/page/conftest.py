"""Networks of every kind that the page computes, a page of them, and a browser that opens it."""

import os
import shutil
from functools import cache, partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kinds import DIVERGED, KINDS, METRICS, SEEDS
from playwright.sync_api import sync_playwright

import lstm_toys as lt
from conftest import HANG, ROOT
from experiments import sine
from experiments.page import build, playground, post, story
from experiments.page import networks as page_networks

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

KEPT = (0, 30, 100)
"""Earlier steps of the published networks."""

WITHIN = ("about:", "file:", "data:", "blob:")


@pytest.fixture(scope="session")
def curves():
    """What networks are shown: the training curve and all probes."""
    return lt.claims.curves_of(sine.EXPERIMENT)


@pytest.fixture(scope="session")
def networks(curves):
    """Makes networks of a kind, every parameter of which is random, and their answers to all curves."""

    @cache
    def make(kind):
        model = lt.Stack(features=1, **{"hidden": (8,), **KINDS[kind]})
        shapes = jax.eval_shape(model.init, jax.random.key(0), jnp.zeros((1, 2, 1)))["params"]
        random = np.random.default_rng(list(KINDS).index(kind))
        params = jax.tree.map(lambda leaf: np.float32(random.normal(0, 0.3, (SEEDS, *leaf.shape))), shapes)
        return model, params, np.asarray(lt.answers((model, params), curves))

    return make


@pytest.fixture(scope="session")
def saved(networks):
    """Makes a population as runs have it; one seed diverged."""

    @cache
    def make(kind):
        model, params, answers = networks("published" if kind.startswith(("rate", "steps")) else kind)
        told = np.where(np.isin(np.arange(SEEDS), DIVERGED)[:, None, None, None], np.nan, answers)
        errors = np.linspace(0.5, 0.01, SEEDS * 4, dtype=np.float32).reshape(SEEDS, 4, 1)
        losses = np.tile(np.float32([0.1, 0.01, sine.POST_MSE, 1e-4]), (SEEDS, 1))
        found = {"train_rmse": (("seed", "step", "feature"), errors), "train_loss": (("seed", "step"), losses)}
        results = lt.claims.labeled(sine.EXPERIMENT, told)
        results["training"] = results.training.to_dataset().assign(found).assign_coords(step=[*KEPT, 1_000])
        kept = {step: jax.tree.map(partial(np.multiply, 0.5), params) for step in KEPT}
        kept = {**(kept if kind == "published" else {}), 1_000: params}
        told = {"diverged": results.diverged.values, "input_features": ("y",), "kept": kept, "labeled": results}
        return lt.Networks(model, params, step=1_000, **told)

    return make


@pytest.fixture(scope="session")
def compose(saved, tmp_path_factory):
    """Writes a page of networks of some kinds and of verdicts on claims, and returns its address."""
    every = tuple(each.run for each in playground.POPULATIONS)

    def write(entries, kinds=every, missing=None):
        populations = {kind: saved(kind) for kind in kinds}
        during = next((entry.during for entry in entries if entry.id == story.VALLEY.id), {})
        parts = {
            "playground": playground.lay_out(populations, dict.fromkeys(kinds, METRICS), during),
            "post": post.lay_out(entries, "lstm-toys claims"),
        }
        path = tmp_path_factory.mktemp("page") / "index.html"
        path.write_text(build.html(parts, missing or {}), encoding="utf-8")
        return path.as_uri()

    return write


@pytest.fixture(scope="session")
def entries():
    """The published verdict on every claim."""
    return lt.claims.rows(lt.claims.read(ROOT / "results" / "claims" / "claims.json"))


@pytest.fixture(scope="session")
def address(compose, entries):
    """The address of a page of all."""
    return compose(entries)


@pytest.fixture(scope="package")
def browser():
    """A browser without a window; where there is none, tests are skipped, unless LSTM_TOYS_BROWSER says otherwise.

    It is closed after the tests of this folder, since other tests would run in Playwright's event loop, too.
    """
    with sync_playwright() as playwright:
        installed = next(filter(None, map(shutil.which, BROWSERS)), playwright.chromium.executable_path)
        if not Path(installed).exists() and os.environ.get("LSTM_TOYS_BROWSER") != "required":
            pytest.skip("no browser is installed; `make browser` installs one")
        launched = playwright.chromium.launch(executable_path=installed)
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def script(browser):
    """Evaluates an expression, or the body of a function, with the scripts of the page and given arguments."""
    tab = browser.new_page()
    tab.goto("about:blank")
    for name in build.SCRIPTS:
        tab.add_script_tag(content=str(build.source(name)))
    yield lambda expression, **given: tab.evaluate(f"(given) => {expression}", given)
    tab.close()


@pytest.fixture(scope="package")
def trained(script):
    """Trains networks as the page's workers do, and returns the weights or the answer of each."""

    def train(name, curve, steps, seeds, model):
        return script(
            """given.seeds.map((seed) => {
                const weights = initialWeights(given.layers, randomOf(seed));
                const [gradient, squares] = [new Float64Array(weights.length), new Float64Array(weights.length)];
                for (let step = 0; step < given.steps; step++) {
                    setGradient(given.layers, weights, given.curve, gradient);
                    rmspropStep(weights, gradient, squares, { rate: 0.001, decay: 0.9 });
                }
                return Array.from({ weights, answer: answerOf(given.layers, weights, 0, given.curve) }[given.name]);
            })""",
            name=name,
            curve=curve.tolist(),
            steps=steps,
            seeds=list(seeds),
            layers=page_networks.layers(model, 1),
        )

    return train


class Window:
    """The page in a tab, what one does there, and what went wrong or was asked of anybody."""

    def __init__(self, tab):
        self.tab, self.wrong = tab, []
        tab.set_default_timeout(1_000 * HANG)
        tab.on("console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: self.wrong.append(str(error)))
        tab.on("dialog", lambda dialog: self.wrong.append(dialog.message))
        tab.on("request", lambda asked: None if asked.url.startswith(WITHIN) else self.wrong.append(asked.url))

    def settle(self):
        """Waits until what was done is drawn, and all networks have answered what is asked."""
        self.tab.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        self.tab.wait_for_selector("#playground[aria-busy=false]")

    def show(self, place):
        """Loads a page anew at an address, and unfolds the controls."""
        self.tab.goto("about:blank")  # Else an address that differs after the # alone would not load the page anew.
        self.tab.goto(place)
        self.unfold("#controls > details")

    def unfold(self, folds):
        self.tab.evaluate("(folds) => document.querySelectorAll(folds).forEach((fold) => { fold.open = true; })", folds)
        self.settle()  # The picture is drawn anew, as it may have another size.

    def choose(self, **controls):
        """Sets sliders and selections by their names, one after another."""
        for name, value in controls.items():
            control = self.tab.locator(f"[name={name}]")
            if control.evaluate("control => control.type") == "range":
                control.fill(value)
            else:
                control.select_option(value)
        self.settle()

    def click(self, selector):
        self.tab.locator(selector).first.click()
        self.settle()

    def swipe(self, *points):
        """Draws with a finger."""
        session = self.tab.context.new_cdp_session(self.tab)
        for name, point in zip(("touchStart", *["touchMove"] * (len(points) - 1)), points, strict=True):
            touches = [{"x": point[0], "y": point[1]}]
            session.send("Input.dispatchTouchEvent", {"type": name, "touchPoints": touches})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        self.settle()

    def upon(self, x, share):
        """Where an x of the chart is, at a share of its height."""
        box = self.tab.locator("#chart").bounding_box()
        return box["x"] + 46 + x * (box["width"] - 58), box["y"] + share * box["height"]

    def drag(self, *points):
        self.tab.mouse.move(*points[0])
        self.tab.mouse.down()
        for point in points[1:]:
            self.tab.mouse.move(*point, steps=4)
        self.tab.mouse.up()
        self.settle()

    def text(self, selector):
        return self.tab.inner_text(selector).replace("−", "-")

    def values(self, *names):
        return [self.tab.locator(f"[name={name}]").input_value() for name in names]

    def numbers(self):
        """The table of what is drawn: x, shown, median and band."""
        rows = "rows => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
        return np.array(self.tab.eval_on_selector_all("#numbers tbody tr", rows), float)

    def middle(self, place):
        box = place.bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.fixture(scope="package")
def window(browser):
    """The window of all tests."""
    return Window(browser.new_context(reduced_motion="reduce").new_page())


@pytest.fixture
def opened(window, address):
    """Loads the page of all at some place in it, or another page; nothing may go wrong, nor be asked of anybody."""

    def load(place, width=1280, height=900, scheme="light"):
        window.tab.set_viewport_size({"width": width, "height": height})
        window.tab.emulate_media(color_scheme=scheme, media="screen", reduced_motion="reduce")
        window.show(place if place.startswith("file:") else f"{address}{place}")
        return window

    yield load
    wrong, window.wrong = window.wrong, []
    assert wrong == []
