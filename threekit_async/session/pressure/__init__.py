"""How much may be asked of the server: budget, pace, capacity. Pure."""
