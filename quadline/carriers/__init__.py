"""The providers we hand texts to, each in one file. Imports nothing of ours but sms; see docs/adding-a-carrier.md."""
