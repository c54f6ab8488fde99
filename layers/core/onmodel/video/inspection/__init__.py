"""Inspects a film: its facts, its packet table, and the part of the picture without bars."""
