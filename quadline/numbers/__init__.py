"""System numbers: one rented phone number per staff user, and its life. May import accounts and the leaves."""
