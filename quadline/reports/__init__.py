"""Read-only questions about what happened, and their exports. May import broadcasts and below; changes nothing."""
