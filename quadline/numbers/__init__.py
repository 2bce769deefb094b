"""System numbers: one rented phone number per inbox, its
life, and the alerts about it.
"""
