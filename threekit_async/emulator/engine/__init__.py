"""The jobs engine: jobs whose tasks run by themselves, and the webhooks that tell of their end."""
