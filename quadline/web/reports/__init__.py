"""Reports, and the rows behind every number."""
