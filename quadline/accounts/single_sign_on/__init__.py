"""Signing in with the campus account: OpenID Connect and SAML."""
