import ArgumentParser
import NIOCore

// Few threads do, on a small board above all; each has its own memory.
NIOSingletons.groupLoopCountSuggestion = 2
NIOSingletons.blockingPoolThreadCountSuggestion = 2

await runCommandLine()
