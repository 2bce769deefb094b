"""Opting out in other ways than by a keyword, and what the carrier knows of it."""
