"""livespec beside what one would otherwise use, in one run: ratios, not absolute times."""
