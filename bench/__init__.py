"""Each figure of speed beside a limit measured in the same run on the same machine.

How and why: README.md.
"""
