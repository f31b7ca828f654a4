"""Answers that are kept, and confirmed by the server at each use."""
