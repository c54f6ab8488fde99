"""Bedrock's control plane: foundation models, customization jobs, custom models, throughput.

Everything is in memory and in scaled time; nothing is trained. Names, limits, states, errors and
events are Bedrock's.
"""
