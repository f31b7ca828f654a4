"""The vendor's endpoints, one module for each of its APIs, and the control surface."""
