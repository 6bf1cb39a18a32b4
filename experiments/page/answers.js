/** A worker whose code is that of several script elements of this page, which is one file. */
function workerOf(...ids) {
  const texts = ids.map((id) => document.getElementById(`code-${id}`).textContent);
  return new Worker(URL.createObjectURL(new Blob(texts, { type: "text/javascript" })));
}

/** Asks workers, each of which computes some of the networks: one question at a time, always the latest. */
class Answers {
  /**
   * `question` returns the latest one: curves, how many answers of each to keep, and groups of networks, each with a
   * block of weights; the first may have one that is `followed`. `answered` is called with it when every group has its
   * answers, `failed` if workers cannot work.
   */
  constructor({ question, answered, failed }) {
    Object.assign(this, { question, answered, sent: new Map() });
    this.waiting = null; // What is being answered.
    this.wanted = false; // Whether something has changed since.
    this.workers = Array.from({ length: Math.min(4, navigator.hardwareConcurrency || 2) }, () => {
      const worker = workerOf("cells", "simd", "gradient", "worker");
      worker.onmessage = ({ data }) => this.receive(data);
      worker.onerror = failed;
      return worker;
    });
  }

  ask() {
    this.wanted = Boolean(this.waiting);
    if (this.wanted) return;
    const question = this.question();
    if (!question) return;
    const { groups, curves, times } = question;
    this.waiting = { ...question, left: 0 };
    for (const group of groups) {
      const { layers, rows, weights } = group;
      this.send(weights);
      group.answers = new Float32Array(rows.length * curves.length * times);
      const share = Math.ceil(rows.length / this.workers.length);
      for (let from = 0; from < rows.length; from += share) {
        const place = [groups.indexOf(group), from * curves.length * times];
        this.waiting.left += 1;
        const networks = rows.slice(from, from + share);
        const followed = networks.includes(group.followed) ? group.followed : undefined;
        this.workers[from / share].postMessage({ block: weights.block, layers, networks, curves, times, followed, place });
      }
    }
  }

  /** Gives weights to all workers, once in each version. */
  send({ block, version, ...weights }) {
    if (this.sent.get(block) === version) return;
    this.sent.set(block, version);
    for (const worker of this.workers) worker.postMessage({ block, ...weights });
  }

  receive({ place: [group, from], answers, trace }) {
    const question = this.waiting;
    if (trace !== undefined) question.trace = trace;
    question.groups[group].answers.set(answers, from);
    question.left -= 1;
    if (question.left) return;
    this.waiting = null;
    this.answered(question);
    if (this.wanted) this.ask();
  }
}
