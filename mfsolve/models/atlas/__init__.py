"""The atlas of model collapse: workflows of recursive training, families, closed forms (MODEL 9)."""
