"""Files of numbers or text that a user brings, and the small data sets that come along."""
