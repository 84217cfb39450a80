// VirtualChip tests
