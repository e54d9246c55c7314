"""The command line: one module per command, read when the command is given. The only room that knows every other."""
