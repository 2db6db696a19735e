import Foundation
import TestSupport
import Testing

/// Each fuzzer reads its seeds, as they are, and then what mutation makes of them. `make fuzz SECONDS=600` goes on for
/// as long as it is told to.
@Suite("Random damage", .serialized)
struct FuzzTests {
    private static let environment = ProcessInfo.processInfo.environment
    /// Of all fuzzers together; nil is a short run.
    private static let seconds = environment["MCTL_FUZZ_SECONDS"].flatMap { Double($0) }
    private static let seed = environment["MCTL_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1
    /// Where other tests run in this process, its growth says nothing.
    private static let isAlone = environment["MCTL_FUZZ_ALONE"] != nil
    private static let mostFindings = 5

    static let all: [Fuzzer] = [
        .reports, .timestamps, .answers, .requests, .events, .workloadFiles, .settingsFiles, .cron, .templates, .keys,
        .terminalText, .keeper, .shownAnswers, .stored,
    ]

    @Test("what is damaged is read or refused, in time and without growth", arguments: all)
    func damage(fuzzer: Fuzzer) throws {
        var chance = SeededRandom(seed: Self.seed)
        let file = try InputFile(fuzzer.name)
        let seeds = fuzzer.seeds + Self.saved(fuzzer.name)
        let mutation = Mutation(fuzzer: fuzzer, seeds: seeds)
        let watchdog = Watchdog()
        defer { watchdog.done() }
        let first = (file.left.map { [$0] } ?? []) + seeds
        let end = Self.seconds.map { Date().addingTimeInterval($0 / Double(Self.all.count)) }
        var (count, taken, findings) = (0, 0, 0)
        var slowest = 0.0
        var atFirst = 0
        while findings < Self.mostFindings, end.map({ Date() < $0 }) ?? (count < fuzzer.short) || count < first.count {
            let input = count < first.count ? first[count] : mutation.next(&chance)
            count += 1
            watchdog.alive()
            file.write(input)
            let (begin, peak) = (Costs.processorTime, Costs.peak)
            var problem: String?
            do {
                if try fuzzer.read(input, &chance) { taken += 1 }
            } catch {
                problem = "\(error)"
            }
            let spent = Costs.processorTime - begin
            slowest = max(slowest, spent)
            if spent > Costs.seconds { problem = "it took \(spent) s" }
            if count == Costs.warmUp { atFirst = Costs.resident }
            // The first inputs bring along what is only made once.
            if Self.isAlone, count > 50, Costs.peak - peak > Costs.growth {
                problem = "it grew by \(Costs.peak - peak) KiB"
            }
            guard let problem else { continue }
            findings += 1
            let place = file.keep(input, findings)
            Issue.record("\(fuzzer.name): \(problem.prefix(2000)); the input is in \(place)")
        }
        file.clear()
        // What each leaves behind may be little, and add up.
        let growth = count > Costs.warmUp ? Costs.resident - atFirst : 0
        if Self.isAlone {
            #expect(growth <= Costs.growth, "\(fuzzer.name): all inputs together grew it by \(growth) KiB")
        }
        print(
            "fuzz: \(fuzzer.name): \(count) inputs, \(taken) of them taken, \(findings) findings, slowest \(slowest) s, "
                + "grown by \(growth) KiB, seed \(Self.seed)")
    }

    @Test("what nothing was done to is taken", arguments: all)
    func undamaged(fuzzer: Fuzzer) throws {
        var chance = SeededRandom(seed: 0)
        #expect(try fuzzer.read(try #require(fuzzer.seeds.first), &chance))
    }

    /// Those that were once found to be bad, a file each.
    private static func saved(_ name: String) -> [[UInt8]] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Seeds/" + name
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().compactMap { FileManager.default.contents(atPath: folder + "/" + $0).map { [UInt8]($0) } }
    }
}
