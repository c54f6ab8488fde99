"""The command line, for AWS and for the local stack: only the connection differs."""
