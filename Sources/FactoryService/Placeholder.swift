// FactoryService
