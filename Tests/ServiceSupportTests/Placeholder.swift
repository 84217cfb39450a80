// ServiceSupport tests
