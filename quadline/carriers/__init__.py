"""The protocol, the registry,
and the adapters of the providers we hand texts to (docs/adding-a-carrier.md).
"""
