"""Moving file bytes: one file, or thousands."""
