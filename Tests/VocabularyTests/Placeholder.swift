// Vocabulary tests
