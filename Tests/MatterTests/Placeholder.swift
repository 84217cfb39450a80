// Matter tests
