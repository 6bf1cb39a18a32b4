"use strict";

const EPSILON = 1e-7;

/** One step of RMSprop as in the Keras of 2018: epsilon is added to the root. Weights and mean squares change in place. */
function rmspropStep(weights, gradient, squares, { rate, decay }) {
  for (let place = 0; place < weights.length; place++) {
    const slope = gradient[place];
    squares[place] = decay * squares[place] + (1 - decay) * slope * slope;
    weights[place] -= (rate * slope) / (Math.sqrt(squares[place]) + EPSILON);
  }
}
