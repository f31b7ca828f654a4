"""One class for each Threekit API: the only code that knows its paths."""
