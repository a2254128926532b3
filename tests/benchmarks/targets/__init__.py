"""The servers that are compared: each a module that a web server loads in a process of its own."""
