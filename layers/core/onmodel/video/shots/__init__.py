"""Where shots begin and end, from the packets' sizes and from signatures of pictures."""
