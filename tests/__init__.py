"""The test suite. Its modules mirror those of the project."""
