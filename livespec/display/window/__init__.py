"""The Qt window. Importing it needs Qt; `run_window` needs a display."""
