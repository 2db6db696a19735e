import NIOCore

// One thread does for one central; the terminal has the main thread, which is none of those that Swift runs tasks on:
// on a host with one processor there is only one of them.
NIOSingletons.groupLoopCountSuggestion = 1
NIOSingletons.blockingPoolThreadCountSuggestion = 1

runConsole()
