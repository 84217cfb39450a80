// LineProtocol tests
