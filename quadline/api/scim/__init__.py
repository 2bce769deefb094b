"""SCIM 2.0 (RFC 7643, 7644): the college's directory keeps staff accounts."""
