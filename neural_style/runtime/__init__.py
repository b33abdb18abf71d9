"""This machine and process: errors, signals, streams, files, device, memory."""
