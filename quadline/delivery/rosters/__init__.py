"""A roster comes, is compared, applied and undone, with what follows for texts."""
