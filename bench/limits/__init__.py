"""The limits: the least that any program must do for the same effect, written as
plainly as it can be.
"""
