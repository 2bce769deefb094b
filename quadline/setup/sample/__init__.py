"""Twelve made-up students, all of them test students."""
