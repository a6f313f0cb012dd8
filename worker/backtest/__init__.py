"""The engine over recorded bars: decisions and rejections as live, and what they would have earned."""
