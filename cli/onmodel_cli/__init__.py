"""The command line: the same against AWS and the local stack, only the connection differs."""
