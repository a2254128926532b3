"""A code from an app on somebody's phone, which signing in needs as well where they want it so.

What is here loads allauth's part, and with it two hundred modules, when somebody uses it for the first time.
"""
