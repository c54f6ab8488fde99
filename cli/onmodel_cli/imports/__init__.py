"""Folders of pictures with captions, brought into a production."""
