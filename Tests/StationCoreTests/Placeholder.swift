// StationCore tests
