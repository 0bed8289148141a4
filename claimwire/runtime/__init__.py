"""The running process: child processes, logging, metrics, files, watchdog."""
