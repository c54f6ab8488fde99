"""From a film to its sampled frames: at most one of each window."""
