"""A text goes out; its receipts and replies come in. The only caller of carrier.send is sender.py."""
