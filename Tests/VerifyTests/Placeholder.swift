// Verify tests
