// Ceremony tests
