"""Pictures that renders make, and pictures made smaller: all drawn with Pillow."""
