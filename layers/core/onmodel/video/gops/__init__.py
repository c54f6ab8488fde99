"""Groups of pictures (GOPs): which packets a sample needs, and reading those packets."""
