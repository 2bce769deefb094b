"""Staff and what each may see and do: roles, signing in, passwords, API tokens."""
