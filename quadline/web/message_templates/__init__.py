"""Templates: one's own, the office's and the college's."""
