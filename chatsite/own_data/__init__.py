"""What the site keeps of a person: shown, downloaded, and deleted."""
