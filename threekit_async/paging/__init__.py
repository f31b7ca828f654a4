"""Walking a listing."""
