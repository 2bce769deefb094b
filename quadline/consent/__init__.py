"""Whether a person may be texted: the ledger, the keywords, the
words that may mean stop, quiet hours.

Knows phones, not students or numbers.
"""
