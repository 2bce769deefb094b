"""The carrier's calls and students' emails: verify, store, translate,
hand over, answer.
"""
