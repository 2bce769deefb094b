"""How texting stands, in plain words: what is wrong, since when, what to do about it.

It reads what the other rooms write down anyway, and changes nothing of theirs.
"""
