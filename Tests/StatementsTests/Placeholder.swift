// Statements tests
