"""What became of a text: receipts, and looking where none came."""
