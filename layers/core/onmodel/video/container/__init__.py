"""Reads a film's container: its header, its index, and ranges of its bytes. Nothing is decoded."""
