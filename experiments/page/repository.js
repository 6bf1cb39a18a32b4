"use strict";

/** The address of the repository from which GitHub Pages serves an address, OWNER.github.io/REPO/; null for others. */
function repositoryOf(address) {
  const { hostname, pathname } = new URL(address);
  const owner = /^([a-z0-9-]+)\.github\.io$/.exec(hostname);
  const name = /^\/([\w.-]+)\//.exec(pathname);
  return owner && name ? `https://github.com/${owner[1]}/${name[1]}` : null;
}

/** Says where the code is; that of a page which is served from elsewhere is named in words, which stay as they are. */
function linkSource() {
  const repository = repositoryOf(location.href);
  if (!repository) return;
  for (const place of document.querySelectorAll(".source")) {
    const link = document.createElement("a");
    link.href = repository;
    link.textContent = repository.replace("https://", "");
    place.replaceChildren("The code: ", link, ", folder experiments/page.");
  }
}

document.addEventListener("DOMContentLoaded", linkSource);
