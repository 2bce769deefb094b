"""What staff and students say of a phone, and what follows for texts to it."""
