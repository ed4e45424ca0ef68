"""Storage of a run: its directory, shards, the consolidated file, and files that are whole or not there."""
