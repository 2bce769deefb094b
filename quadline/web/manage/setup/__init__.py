"""Manage, Setup: what is still to do before real texts, and the steps that do it."""
