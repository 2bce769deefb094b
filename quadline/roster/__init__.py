"""Students, caseloads and the import. Knows nothing of numbers or consent."""
