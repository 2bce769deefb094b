"""The first run, before there is an account: its link, and the first administrator."""
