"""The carrier's calls: verify, store, translate, hand over, answer. A door; may import delivery and what lies below."""
