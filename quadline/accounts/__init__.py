"""Staff and what each may see and do: roles, invitations, sign-in, profiles, tokens."""
