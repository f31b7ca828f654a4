"""A package with every construct the generator knows; `sync/` is what it must make of it."""
