"""What those who run the service see of it, and what keeps it from waiting for ever."""
