"""Writing: who a message goes to, its words, and handing it over."""
