"""A text leaves: claimed, asked about once more, handed to the carrier, and its attempt recorded."""
