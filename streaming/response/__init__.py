"""Events become bytes, and bytes a response that looks after its reader."""
