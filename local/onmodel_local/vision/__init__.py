"""Real, small vision work without trained weights of its own: what the stand-ins look with.

Constants that were fitted were fitted on Big Buck Bunny: figures found here say nothing about what
Rekognition or Titan would find.
"""
