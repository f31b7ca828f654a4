"""For tests of code that uses this package."""
