"""Text, picture and address agree in every state: after random actions, and on pages opened at their addresses."""

import random

import pytest

import conftest

SEEN = """async () => {
    document.activeElement.blur();
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame); // Until this is seen.
    const seen = (each) => each.checkVisibility();
    const text = (each) => each.textContent;
    const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);
    return {
        url: location.hash,
        step: all(".steps [aria-current=step]").map(text),
        told: all("#story p, #rings p, #key li, #population-note, #drawing-help, #cell-values, label > span").map(text),
        pressed: all("[aria-pressed=true]").map(text),
        buttons: all(".actions button:not(#undo)").map((each) => [text(each), each.disabled]),
        values: all("select, input").map((each) => [each.name, each.type === "radio" ? each.checked : each.value]),
        numbers: [...document.querySelectorAll("#numbers td")].map(text),
        picture: document.getElementById("chart").toDataURL(),
        others: all("#errors").map((canvas) => canvas.toDataURL()),
        cell: all("#cell").map((cell) => cell.outerHTML),
    };
}"""
ANCHORS = ("#post", "#train", "#claim-valley-amplitude", "#", "#curve=line&slope=0.3", "#step-4&at=post", "#step-99")


class Walker:
    """Somebody who does one thing after another."""

    def __init__(self, page, seed):
        self.page, self.random = page, random.Random(seed)

    def pick(self, selector):
        """One of the elements that can be seen and used; None if there is none."""
        found = [each for each in self.page.tab.locator(selector).all() if each.is_visible() and each.is_enabled()]
        return self.random.choice(found) if found else None

    def click(self, selector):
        if (found := self.pick(selector)) is not None:
            found.click()

    def choose(self):
        if (chosen := self.pick("#controls select")) is None:
            return
        values = "select => [...select.options].filter(({ hidden }) => !hidden).map(({ value }) => value)"
        chosen.select_option(self.random.choice(chosen.evaluate(values)))

    def arrow(self, selector, *arrows):
        """Presses some arrow keys on one of the elements."""
        if (found := self.pick(selector)) is not None:
            found.focus()
            for _ in range(self.random.randint(1, 5)):
                self.page.tab.keyboard.press(f"Arrow{self.random.choice(arrows)}")

    def scrub(self):
        """Own networks are trained for few steps only, since the other page has to train them anew."""
        if self.pick("[name=state]") is not None:
            last = 3 if "networks=own" in self.page.tab.url else int(self.page.tab.get_attribute("[name=state]", "max"))
            self.page.tab.fill("[name=state]", str(self.random.randint(0, last)))

    def drag(self):
        box = self.page.tab.locator("#chart").bounding_box()
        grip = self.pick("#grips button")
        start = self.page.middle(grip) if grip and self.random.random() < 0.7 else self.anywhere(box)
        self.page.drag(start, self.anywhere(box), self.anywhere(box))

    def anywhere(self, box):
        x, y = self.random.uniform(0.1, 0.9), self.random.uniform(0.2, 0.8)
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def enter(self):
        """Follows the next network, or ends the guess."""
        self.page.tab.focus("#chart")
        self.page.tab.keyboard.press("Enter")

    def jump(self):
        self.page.tab.evaluate("hash => { location.hash = hash; }", self.random.choice(ANCHORS))

    def act(self):
        actions = {
            "walk": lambda: self.click(".steps a, .next, #main a[href^='#claim']"),
            "press": lambda: self.click("#story button:not(#train, #undo), #double, .claim button"),
            "family": lambda: self.click("[name=family]"),
            "undo": lambda: self.click("#undo"),
            "train": lambda: self.click("#train, #train-stop"),
            "slide": lambda: self.arrow(".sliders [type=range]", "Right", "Left"),
            "keys": lambda: self.arrow("#grips button", "Up", "Down", "Left", "Right"),
            "reload": self.page.tab.reload,
            **{name: getattr(self, name) for name in ("choose", "scrub", "drag", "enter", "jump")},
        }
        name = self.random.choice([*actions])
        self.page.tab.evaluate("scrollTo(0, 0)")
        actions[name]()
        self.page.tab.mouse.move(0, 0)
        self.page.tab.wait_for_timeout(200)  # What was held is settled after 150.
        if self.pick("#train-stop") is not None and self.page.text("#train-stop") == "Stop":  # Also after going back.
            self.page.tab.click("#train-stop")
        self.click("#guessed")  # No address has the beginning of a guess.
        if (hint := self.pick("#hint")) is not None and hint.inner_text().startswith("Go on"):
            self.page.click(".steps a")
        self.page.unfold("#controls > details")
        return name


@pytest.mark.parametrize("count", [6, *conftest.rarely(200)])
def test_after_each_of_many_actions_a_page_opened_at_the_address_is_the_same(count, opened, browser):
    page = opened("", height=800)
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 1280, "height": 800})
    other = type(page)(context.new_page())
    walker, done = Walker(page, count), []
    for _ in range(count):
        done.append(walker.act())
        other.show(page.tab.url)
        ours, theirs = page.tab.evaluate(SEEN), other.tab.evaluate(SEEN)
        different = {name: (value, theirs[name]) for name, value in ours.items() if value != theirs[name]}
        assert not different, (done[-8:], different)
    context.close()
    assert other.wrong == []
