"""What a text is made of: phone numbers, segments, bodies and merge fields.

The lowest leaf: pure functions that import nothing of ours, no Django and no network.
"""
