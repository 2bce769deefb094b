"""The carrier in a box: it speaks Twilio's HTTP API and shows student phones."""
