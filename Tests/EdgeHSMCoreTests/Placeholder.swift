// EdgeHSMCore tests
