"""Second factors, and confirming again who sits there."""
