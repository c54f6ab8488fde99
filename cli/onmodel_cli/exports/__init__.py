"""Datasets as folders on this machine, in the layouts of other programs."""
