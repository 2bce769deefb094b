"""The door for programs: JSON under /api/v1/, one module per resource, the same rules and the same people as the screens."""
