"""Emails out, one function each; emails in,
read within limits in a process of their own (reader.py).
"""
