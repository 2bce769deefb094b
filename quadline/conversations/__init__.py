"""Conversations between one student and one inbox, their
messages, and the ladder of statuses.
"""
