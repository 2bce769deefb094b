"""Rosters: bring one in, look at what it changes, apply it, take it back."""
