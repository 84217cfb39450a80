// Silicon
