// FactoryCore
