"""Networks of every kind that the page computes, a page of them, and a browser that opens it."""

import os
import shutil
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from kinds import KINDS, SEEDS
from playwright.sync_api import sync_playwright

import lstm_toys as lt
from conftest import ROOT
from experiments import sine
from experiments.page import build, runs
from experiments.page.parts import inside, playground, post, story, training
from lstm_toys.files import read_json_list

CLAIMS = ROOT / "results" / "claims" / "claims.json"
"""The published table."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

KEPT = (0, 30, 100)
"""Earlier steps of the published networks, the last one that of the post's picture."""

WITHIN = ("file:", "data:", "blob:")
"""What an address begins with that asks nobody."""


def drawn(random, shape):
    """Parameters of that shape for every network."""
    return random.normal(0, 0.3, (SEEDS, *shape)).astype(np.float32)


@pytest.fixture(scope="session")
def curves():
    """What every network is shown: the training curve, all probes, and a hundred curves as a hand draws them."""
    random = np.random.default_rng(0)
    corners = random.uniform(-2, 3, (100, 12))
    drawn = [np.interp(np.linspace(0, 11, 100), np.arange(12), each) for each in corners]
    return np.concatenate([lt.curves_of(sine.EXPERIMENT), np.asarray(drawn, np.float32)[:, :, None]])


@pytest.fixture(scope="session")
def networks(curves):
    """Makes networks of a kind, every parameter of which is random, and their answers to all curves."""
    known = {}

    def make(kind):
        if kind not in known:
            model = lt.Stack(features=1, **{"hidden": (8,), **KINDS[kind]})
            shapes = jax.eval_shape(model.init, jax.random.key(0), jnp.zeros((1, 2, 1)))["params"]
            random = np.random.default_rng(len(known))
            params = jax.tree.map(lambda leaf: drawn(random, leaf.shape), shapes)
            known[kind] = (model, params, np.asarray(lt.answers(model, params, curves)))
        return known[kind]

    return make


@pytest.fixture(scope="session")
def saved(networks):
    """Makes a population as runs have it; seed 3 diverged."""

    def make(kind):
        model, params, answers = networks(kind)
        told = answers[:, : 1 + sum(len(each.inputs) for each in sine.EXPERIMENT.probes(lt.time_points(100)))].copy()
        told[3] = np.nan
        results = lt.labeled(sine.EXPERIMENT, told)
        errors = np.linspace(0.5, 0.01, SEEDS * 4, dtype=np.float32).reshape(SEEDS, 4, 1)
        losses = np.tile(np.float32([0.1, 0.01, sine.POST_MSE, 1e-4]), (SEEDS, 1))
        results = results.assign(
            train_rmse=(("seed", "step", "feature"), errors), train_loss=(("seed", "step"), losses)
        ).assign_coords(step=[*KEPT, 1_000])
        kept = {step: jax.tree.map(partial(np.multiply, 0.5), params) for step in KEPT}
        return lt.Saved(model, params, kept if kind == "published" else {}, results, ("y",), ("y",), None)

    return make


@pytest.fixture(scope="session")
def metrics():
    """What the summary of a run has, about."""
    return {
        "steps": 1_000,
        "seeds": SEEDS,
        "converged": SEEDS - 1,
        "diverged_seeds": [3],
        "goal": "train RMSE of y at most 0.02",
        "seconds": {"train": 1.0},
        "fingerprint": {"lstm_toys": "0.1.0", "jax": "0.10", "optax": "0.2", "processor": "one, avx2"},
    }


@pytest.fixture(scope="session")
def entries():
    """What was found of every claim."""
    return read_json_list(CLAIMS)


@pytest.fixture(scope="session")
def browser():
    """A browser without a window; where there is none, tests are skipped, unless LSTM_TOYS_BROWSER says otherwise."""
    with sync_playwright() as playwright:
        installed = next(filter(None, map(shutil.which, BROWSERS)), playwright.chromium.executable_path)
        if not Path(installed).exists() and os.environ.get("LSTM_TOYS_BROWSER") != "required":
            pytest.skip("no browser is installed; `make browser` installs one")
        launched = playwright.chromium.launch(executable_path=installed)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def script(browser):
    """Evaluates an expression with the scripts of the page, given arguments."""
    tab = browser.new_page()
    tab.goto("about:blank")
    for name in build.SCRIPTS:
        tab.add_script_tag(content=str(build.source(name)))
    yield lambda expression, **given: tab.evaluate(f"(given) => {expression}", given)
    tab.close()


@pytest.fixture(scope="session")
def compose(saved, metrics, entries):
    """Makes a page of networks of some kinds, and of what was found of claims."""

    def make(
        kinds=tuple(each.run for each in playground.POPULATIONS),
        entries=entries,
        missing=None,
        figure="data:,",
        resonance=None,
        dynamics=None,
    ):
        tried = playground.made({kind: saved(kind) for kind in kinds}, dict.fromkeys(kinds, metrics))
        found = {
            section.run: runs.FinishedRun(
                f"python -m experiments.{section.run}", runs.planned((section.run,), ROOT).run, metrics
            )
            for section in post.SECTIONS
        }
        found["claims"] = found["line"]
        told_first = story.made(saved("published"), metrics, resonance)
        trained = training.made(saved("published").results)
        told = post.made({section.id: figure for section in post.SECTIONS}, entries, found)
        return build.html(
            [
                (story.PART, told_first),
                (playground.PART, tried),
                (inside.PART, inside.made(dynamics)),
                (training.PART, trained),
                (post.PART, told),
            ],
            missing or {},
        )

    return make


@pytest.fixture(scope="session")
def resonance():
    """What the study of dynamics found, about."""
    found = {
        "share with one stable point at the mean input": (0.95, 0.8, 1.0),
        "share whose leading mode oscillates": (0.9, 0.8, 1.0),
        "frequency of the leading mode": (14.71, 13.9, 15.4),
        "frequency of the largest gain": (15.25, 15.0, 15.5),
        "largest gain": (1.37, 1.3, 1.4),
        "gain of slow inputs": (0.56, 0.5, 0.6),
    }
    summary = {name: dict(zip(("median", "low", "high"), each, strict=True)) for name, each in found.items()}
    return story.Resonance(np.linspace(12, 17, SEEDS), summary)


@pytest.fixture(scope="session")
def dynamics():
    """What the study of dynamics found of each network."""
    inputs = np.linspace(-0.6, 3, 41)
    rest = np.tanh(inputs) + 0.01 * np.arange(SEEDS)[:, None]
    rest[4, 7] = np.nan
    return xr.Dataset(
        {
            "static_answer": (("seed", "input", "output"), rest[:, :, None]),
            "mode_frequency": ("seed", np.linspace(12, 17, SEEDS)),
        },
        {"seed": np.arange(SEEDS), "input": inputs},
    )


@pytest.fixture(scope="session")
def address(compose, resonance, dynamics, tmp_path_factory):
    """The address of a page of all."""
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(compose(resonance=resonance, dynamics=dynamics), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="session")
def page(address):
    """The address of that page with a sine that nobody trained on."""
    return f"{address}#curve=sine"


@pytest.fixture(scope="session")
def settled():
    """Waits until all networks have answered what is asked."""

    def wait(tab):
        while tab.locator("#playground").get_attribute("aria-busy") != "false":
            tab.wait_for_timeout(10)

    return wait


@pytest.fixture
def opened(browser, settled):
    """Opens an address in a window of its own, in which nothing may go wrong, and nothing be asked of anybody."""
    wrong, contexts = [], []

    def open_(address, width=1280, height=900, **options):
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        tab = contexts[-1].new_page()
        tab.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("dialog", lambda dialog: wrong.append(dialog.message))
        tab.on("request", lambda asked: None if asked.url.startswith(WITHIN) else wrong.append(asked.url))
        tab.goto(address)
        settled(tab)
        return tab

    yield open_
    for context in contexts:
        context.close()
    assert wrong == []
