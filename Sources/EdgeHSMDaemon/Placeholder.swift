// EdgeHSMDaemon
