"""Who did what to whom, append-only. Imports nothing of ours but sms and jobs."""
