"""Small but valid 3D files, which exports make: a box in the colour of the configuration."""
