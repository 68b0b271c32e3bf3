"""Sound to the loudspeakers."""
