"""Who is asking: secrets, tokens, and how far they travel."""
