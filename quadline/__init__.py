"""Two-way texting for a college's student-success staff."""
