"""Hostile inputs by chance, for everything that reads text from outside: `make fuzz`."""
