(() => {
  "use strict";

  /** Opens the folded sections that what the address names lies in. */
  function unfold() {
    const target = document.getElementById(location.hash.slice(1));
    if (!target?.closest("details")) return;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.scrollIntoView();
  }

  window.addEventListener("hashchange", unfold);
  document.addEventListener("DOMContentLoaded", unfold);
})();
