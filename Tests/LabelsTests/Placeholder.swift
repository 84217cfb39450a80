// Labels tests
