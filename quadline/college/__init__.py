"""What the college decides: its names, hours, limits and wordings."""
