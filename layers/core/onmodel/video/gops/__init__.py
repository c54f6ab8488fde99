"""Groups of pictures (GOPs): finds the packets that the samples need, and reads them."""
