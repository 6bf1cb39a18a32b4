(() => {
  "use strict";

  const steps = [...document.querySelectorAll("#story article")];
  const links = [...document.querySelectorAll("#story .steps a")];

  let walking = false; // Whether a step has been chosen, rather than returned to by undoing.

  function ask(address, step) {
    document.dispatchEvent(new CustomEvent("ask", { detail: { address: `#${address}`, step } }));
  }

  function show(shown) {
    steps.forEach((step) => { step.hidden = step !== shown; });
    links.forEach((link, number) => {
      if (steps[number] === shown) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    });
  }

  /** Tells the step of the story that the address names, if it names one, and shows its curve. */
  function follow() {
    const step = steps.find(({ dataset }) => location.hash === `#${dataset.step}`);
    if (!step) return;
    show(step);
    ask(step.dataset.ask, false);
    if (walking) reveal(step);
    walking = false;
  }

  /** Scrolls back to the beginning of a step, if the end of a longer one has been read. */
  function reveal(step) {
    const board = document.querySelector(".board");
    const hidden = getComputedStyle(board).position === "sticky" ? board.getBoundingClientRect().bottom : 0;
    if (step.getBoundingClientRect().top < hidden) step.scrollIntoView();
  }

  /** Whether an address shows what a button asks for. */
  function shows(address, asked) {
    const [found, wanted] = [address.replace(/^#/, ""), asked].map((text) => new URLSearchParams(text));
    return found.has("seed") === wanted.has("seed")
      && [...wanted].every(([name, value]) => found.get(name) === value || Number(found.get(name)) === Number(value));
  }

  document.addEventListener("curve", ({ detail }) => {
    for (const button of document.querySelectorAll("#story button")) {
      button.setAttribute("aria-pressed", String(shows(detail.address, button.dataset.ask)));
    }
  });
  for (const button of document.querySelectorAll("#story button")) button.onclick = () => ask(button.dataset.ask, true);
  for (const link of document.querySelectorAll('#story a[href^="#step-"]')) link.onclick = () => { walking = true; };
  window.addEventListener("popstate", follow);
  document.addEventListener("DOMContentLoaded", () => {
    if (!location.hash) history.replaceState(null, "", `#${steps[0].dataset.step}`);
    show(steps[steps.length - 1]); // Whoever comes with an address of a picture has a curve already.
    follow();
  });
})();
