// Silicon tests
