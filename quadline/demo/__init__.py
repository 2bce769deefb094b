"""One command that starts everything on this machine: database, simulator, web and
worker, with a sample college.
"""
