"""What travels: connections, proxies, bodies on their way out, and the trouble on the road."""
