"""LangChain's callbacks become events. No threads here."""
