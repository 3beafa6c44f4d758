package executor

var CheckSources = checkSources
