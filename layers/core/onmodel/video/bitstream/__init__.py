"""What coded packets say of themselves, read without decoding them."""
