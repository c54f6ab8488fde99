"""Samples frames of a film, at most one per window of time, and drops those without value."""
