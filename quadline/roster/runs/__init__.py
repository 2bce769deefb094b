"""Each time a roster came: what it would change, what it did, and how it is undone."""
