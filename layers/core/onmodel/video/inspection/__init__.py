"""What a film is: its facts, its packet table, and the part of the picture without bars."""
