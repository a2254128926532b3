"""Signing in by an OpenID Connect provider, where the settings name one (OIDC_ISSUER).

The way there and back is allauth's, with what it does not do: signature, nonce and issuer are held against
what they have to be. What is here is loaded when somebody uses it for the first time.
"""
