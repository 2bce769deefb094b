"""JSON for campus systems under /api/v1/, one module per resource; the
same rules and people as the screens.
"""
