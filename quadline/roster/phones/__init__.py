"""The phones of a student, and the evidence that each may be texted."""
