"""Conversations between one student and one staff user, their
messages, and the ladder of statuses.
"""
