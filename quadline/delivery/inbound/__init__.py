"""What students send: replies by text and by email, and their keywords."""
