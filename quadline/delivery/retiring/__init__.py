"""A number rests and is woken, is given back, or moves to another inbox, with the texts
that wait for it.
"""
