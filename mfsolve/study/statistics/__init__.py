"""Statistics of stored replicates that a study reports, and the claims about them."""
