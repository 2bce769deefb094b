"""All messages between one student and one staff user. May import roster, numbers, consent, accounts and the leaves."""
