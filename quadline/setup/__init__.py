"""First run: the link to the first account, live checks, and what is still to do."""
