"""The folder to put on PYTHONPATH of a process that shall find the simulated servers by name."""
