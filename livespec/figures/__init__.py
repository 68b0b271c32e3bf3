"""The spectrogram of a whole sound: as values, and as a figure."""
