"""Many sound files at once: which, where to, by how many processes or machines."""
