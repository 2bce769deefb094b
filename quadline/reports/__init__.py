"""Read-only questions about what happened, and their exports. Changes nothing."""
