"""A text is written: accepted, and kept until nothing stands in its way."""
