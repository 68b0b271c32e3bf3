"""Where samples come from: each source writes one `AudioRing` and does nothing else."""
