"use strict";

/** Asks workers, each of which computes some of the networks: one question at a time, always the latest. */
class Answers {
  /** `question` returns the latest one, `answered` is called with it and its answers, `failed` if workers cannot work. */
  constructor({ question, answered, failed }) {
    Object.assign(this, { question, answered, sent: new Set() });
    this.waiting = null; // What is being answered.
    this.wanted = false; // Whether something has changed since.
    this.workers = Array.from({ length: Math.min(4, navigator.hardwareConcurrency || 2) }, () => {
      const worker = workerOf("cells", "worker");
      worker.onmessage = ({ data }) => this.receive(data);
      worker.onerror = failed;
      return worker;
    });
  }

  ask() {
    if (this.waiting) {
      this.wanted = true;
      return;
    }
    this.wanted = false;
    const question = this.question();
    const { block, precision, layers, rows, curves } = question;
    this.send(block, precision);
    const share = Math.ceil(rows.length / this.workers.length);
    const busy = this.workers.slice(0, Math.ceil(rows.length / share));
    this.waiting = { ...question, left: busy.length, answers: new Float32Array(rows.length * curves.length * curves[0].length) };
    busy.forEach((worker, number) => {
      const from = number * share;
      worker.postMessage({ block, layers, networks: rows.slice(from, from + share), curves, from });
    });
  }

  /** Gives weights to all workers, once. */
  send(block, precision) {
    if (this.sent.has(block)) return;
    this.sent.add(block);
    const text = document.getElementById(`block-${block}`).textContent;
    for (const worker of this.workers) worker.postMessage({ block, text, precision });
  }

  receive({ from, answers }) {
    const question = this.waiting;
    question.answers.set(answers, from * question.curves.length * question.curves[0].length);
    question.left -= 1;
    if (question.left) return;
    this.waiting = null;
    this.answered(question);
    if (this.wanted) this.ask();
  }
}
