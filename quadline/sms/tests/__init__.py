"""Tests of the text leaf: tables, and properties over any text at all."""
