"""How the house is put together: every setting, addresses, the ASGI app, every queue
and timed job.
"""
