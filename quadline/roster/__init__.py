"""Students and caseloads. May import accounts and the leaves; knows nothing of numbers or consent."""
