import ArgumentParser

/// The option of every command that prints something.
struct JSONOption: ParsableArguments {
    @Flag(help: "Print JSON, in the shapes of the HTTP API.")
    var json = false
}
