"""What train.py and draw.py write, written without torch and without a model.

The programs read their input by the trainer's own modules, which they find in the code channel, so
that they refuse what it refuses, with the same sentences.
"""
