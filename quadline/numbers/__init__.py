"""System numbers: one rented phone number per staff user,
its life, and the alerts about it.
"""
