"""How requests come in and answers go out: routes, checks, faults, the description."""
