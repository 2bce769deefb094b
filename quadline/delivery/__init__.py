"""A text goes out; its receipts and replies come in. Only sending/sender.py hands a student's text to a carrier."""
