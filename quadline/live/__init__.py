"""Tell a person's open screens that something changed. Imports nothing of ours but sms and jobs."""
