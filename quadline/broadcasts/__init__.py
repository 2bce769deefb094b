"""One bulk send: who it goes to, what each would get, its
review, its launch and its course.
"""
