"""onmodel: a film in, an image model that draws its characters on-model out."""
