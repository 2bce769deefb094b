"""Twilio's HTTP API: requests read, one act called, Twilio's JSON written."""
