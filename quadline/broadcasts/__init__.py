"""One bulk send: who it goes to, what each would get, its launch and its course. May import delivery and below."""
