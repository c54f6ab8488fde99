"""Simple computer vision for the stand-ins, without trained weights of its own.

Constants were fitted on Big Buck Bunny: what is found here does not show what Rekognition or Titan
would find.
"""
