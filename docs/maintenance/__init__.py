"""Commands for those who maintain the repository; they are not installed."""
