"""Manage, Leaving: plan a departure, look at it before, and see what was done."""
