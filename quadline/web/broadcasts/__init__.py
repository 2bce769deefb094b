"""A message to many: review, send, and watch it."""
