"""Reads headers of coded packets without decoding them."""
