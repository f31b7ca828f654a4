"""How new records come to be: what was given, filled up to what the API answers."""
