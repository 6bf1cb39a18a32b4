// Answers questions beside the page, so that it never waits; what is sent once is kept.

const kept = new Map();

onmessage = async ({ data: { block, texts, exact, weights, layers, networks, curves, times, followed, place } }) => {
  if (weights) kept.set(block, weights);
  else if (texts) kept.set(block, decoded(texts, exact));
  else {
    const numbers = await kept.get(block);
    const answers = answersOf(layers, numbers, networks, curves, times);
    const trace = followed === undefined ? undefined : traceOf(layers, numbers, followed, curves[0], times);
    postMessage({ place, answers, trace }, [answers.buffer]);
  }
};
