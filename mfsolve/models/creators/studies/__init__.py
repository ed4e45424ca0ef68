"""The creator market as studies see it: one module a registry model (MODEL 4)."""
