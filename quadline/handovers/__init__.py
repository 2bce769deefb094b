"""What a departure hands over and what comes back: caseload, conversations, waiting
texts, number and account.
"""
