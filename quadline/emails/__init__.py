"""Letters we write, one function each. Imports nothing of ours but sms and jobs."""
