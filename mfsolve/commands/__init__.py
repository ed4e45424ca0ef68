"""The commands behind the command line: each function does one of them and returns its exit code."""
