"""What a text is made of: phone numbers, segments, bodies and merge fields. Pure."""
