"""The carrier at our door."""
