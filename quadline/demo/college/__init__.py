"""Alder College, the sample: its files, and what `scripts/make_sample_college.py`
writes them from.
"""
