"""Inboxes: a staff user's own, and those that an office's members
share; who may read and write in them.
"""
