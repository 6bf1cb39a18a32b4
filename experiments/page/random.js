"use strict";

// Random numbers that are the same for the same seed in every browser.

/** A generator of numbers in [0, 1): xoshiro128** of Blackman and Vigna, whose state is filled by splitmix32. */
function randomOf(seed) {
  let counter = seed >>> 0;
  const state = Uint32Array.from({ length: 4 }, () => {
    counter = (counter + 0x9e3779b9) >>> 0;
    let mixed = counter ^ (counter >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  });
  const rotated = (value, bits) => (value << bits) | (value >>> (32 - bits));
  return () => {
    const drawn = Math.imul(rotated(Math.imul(state[1], 5), 7), 9) >>> 0;
    const shifted = state[1] << 9;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotated(state[3], 11);
    return drawn / 2 ** 32;
  };
}

/** A number of the standard normal distribution (Box and Muller). */
function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
