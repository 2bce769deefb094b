"""A year in the life of a college, in this process: everything happens that a year
brings, and the promises hold at its end.
"""
