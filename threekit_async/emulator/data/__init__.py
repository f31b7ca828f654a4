"""Where records and bytes are kept, and how they get there."""
