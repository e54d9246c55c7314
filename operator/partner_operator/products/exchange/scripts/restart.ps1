Restart-Workers
