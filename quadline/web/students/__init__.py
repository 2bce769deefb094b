"""Find a student, and what is known of them."""
