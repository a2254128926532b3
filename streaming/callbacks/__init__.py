"""Makes events of LangChain's callbacks. Starts no threads."""
