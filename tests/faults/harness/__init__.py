"""A college under fire: real processes, a load, a nemesis, and a checker that holds
what is left against the promises.
"""
