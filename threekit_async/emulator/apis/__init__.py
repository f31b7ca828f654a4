"""What the routes of the APIs do beyond routing."""
