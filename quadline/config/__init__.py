"""How the house is put together: settings, addresses, the ASGI app, the timetable."""
