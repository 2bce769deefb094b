"""Whether a person may be texted: the ledger, the keywords, quiet hours. Knows phones, not students or numbers."""
