"""Finds cuts between shots from signatures of pictures and from the sizes of packets."""
