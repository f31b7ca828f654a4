"""The async session layer: takes a `Request`, gives a decoded record or raises."""
