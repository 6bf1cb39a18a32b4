"use strict";

/** A worker whose code is that of several script elements of this page, which is one file. */
function workerOf(...ids) {
  const texts = ids.map((id) => document.getElementById(`code-${id}`).textContent);
  return new Worker(URL.createObjectURL(new Blob(texts, { type: "text/javascript" })));
}
