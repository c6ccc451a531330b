"""Stand-ins for the neighbours: real servers on real loopback sockets."""
