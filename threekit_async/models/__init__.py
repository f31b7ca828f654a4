"""Records: one frozen attrs class for each thing the API returns, one module for each service."""
