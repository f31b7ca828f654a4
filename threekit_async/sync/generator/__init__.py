"""What `sync/generate.py` is made of. Pure, but for reading and writing files."""
