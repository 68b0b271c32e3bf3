"""The pure part: numpy and an FFT library only; no threads, no clock, no files, no devices."""
