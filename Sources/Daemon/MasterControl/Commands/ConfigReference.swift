import ArgumentParser
import FleetConfig

/// Prints `docs/configuration.md`, which is made from the table that decodes and checks the files.
struct ConfigReference: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints the reference of all configuration keys, docs/configuration.md.", shouldDisplay: false)

    func run() { Output.write(ConfigurationReference.markdown()) }
}
