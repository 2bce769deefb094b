"""My profile: number, password and API tokens."""
