"""Staff screens: parse, authorize, call one verb, render.
Templates, styles and scripts.
"""
