/// Version of the programs in this repository; the changelog has a heading for each.
package enum ProgramVersion {
    package static let current = "0.1.0"
}
