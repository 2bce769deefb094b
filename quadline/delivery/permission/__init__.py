"""What the law asks to know of a student before a text may go to them."""
