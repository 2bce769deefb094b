"""My profile: number, photo, name, preferences, password, devices and API tokens."""
