"""Email comes in: by SMTP, LMTP, IMAP or a mail service."""
