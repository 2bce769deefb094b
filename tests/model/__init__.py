"""The promises as one machine: whatever is done, in whatever
order, they hold after every step.
"""
