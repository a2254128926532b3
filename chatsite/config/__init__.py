"""What the settings read: the environment, the database, the secret key."""
