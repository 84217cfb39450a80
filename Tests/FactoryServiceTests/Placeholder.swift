// FactoryService tests
