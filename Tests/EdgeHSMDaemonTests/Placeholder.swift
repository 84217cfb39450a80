// EdgeHSMDaemon tests
