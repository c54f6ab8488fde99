"""What a film's container says, and its bytes by ranges: nothing here decodes."""
