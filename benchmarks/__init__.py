"""One file for each question; each prints ratios measured side by side in one run."""
