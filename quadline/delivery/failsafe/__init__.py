"""A text that cannot be delivered becomes an email; emails are handed to the mail server."""
