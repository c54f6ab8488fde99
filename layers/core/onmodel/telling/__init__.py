"""From an asked-for kind of mail to its facts: one function a kind, in tables by theme."""
