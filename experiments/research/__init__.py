"""Research with the library: papers, horizons, resonance, longevity, explanations, and a null model for claims."""
