// EdgeHSMCore
