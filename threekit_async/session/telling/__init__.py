"""What is told of a call: events for the log and for hooks, spans for traces."""
