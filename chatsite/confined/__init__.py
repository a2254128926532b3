"""Where text from outside is parsed: in child processes, within budgets (`budgets.py`)."""
