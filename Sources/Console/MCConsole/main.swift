import NIOCore

// One thread does for one central; the terminal has the main thread.
NIOSingletons.groupLoopCountSuggestion = 1
NIOSingletons.blockingPoolThreadCountSuggestion = 1

await runConsole()
