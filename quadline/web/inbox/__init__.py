"""The inbox: the list of conversations, and one of them with its log."""
