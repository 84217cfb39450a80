// Durability tests
