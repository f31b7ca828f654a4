"""Where downloads go besides a local folder: buckets, and whatever fsspec reaches."""
