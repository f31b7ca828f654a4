"""Answers spoiled on purpose: which requests, how often, and how."""
