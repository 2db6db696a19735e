import FleetModel
import TestSupport
import Testing

@testable import ConsoleCore

/// Whatever is pressed, in whatever order, while whatever happens: it goes on, every picture is whole, and nothing is
/// done that was not asked for.
@Suite struct RandomWalkTests {
    private static let keys: [Key] =
        Command.allCases.filter { $0 != .quit && $0 != .close }.flatMap(\.facts.keys)
        + "yn12cr".map(Key.character) + [.backspace, .left, .right, .up, .backTab, .delete, .paste("x\ny")]
    /// What a question is answered with; with other keys alone it would hardly ever be.
    private static let answers: [Key] = "yyyyyyc17".map(Key.character) + [.enter, .enter, .tab]
    private static let sizes = [(100, 30), (60, 20), (40, 10), (20, 5), (200, 60)]

    @Test("Three thousand steps at random", arguments: 1...6) func walk(_ seed: Int) {
        var numbers = SeededRandom(seed: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15)
        var bench = Bench(columns: 60, rows: 20)
        var runs: [(Int, Int)] = []
        var done = 0
        for step in 0..<3000 {
            let question = bench.model.overlay
            switch Int.random(in: 0..<20, using: &numbers) {
            case 0: bench.wait(Double(Int.random(in: 0...5, using: &numbers)))
            case 1: bench.send(Self.event(&numbers))
            case 2:
                let number = bench.model.feed?.number ?? 0
                let count = Int.random(in: 0...400, using: &numbers)
                bench.send(.log(.lines(number: number, (0..<count).map { "line \($0) \u{1B}[2J温度" })))
            case 3 where step % 5 == 0:
                let (columns, rows) = Self.sizes.randomElement(using: &numbers) ?? (60, 20)
                bench.send(.resize(FrameSize(columns: columns, rows: rows)))
            default:
                let isAnswer = question != nil && Bool.random(using: &numbers)
                bench.send(.key((isAnswer ? Self.answers : Self.keys).randomElement(using: &numbers) ?? .enter))
            }
            for effect in bench.asked() {
                switch effect {
                case .perform(let run, let verb, let targets):
                    // Nothing is done but what a question was open for.
                    if case .confirm(let confirmation)? = question {
                        let asked = confirmation.request
                        #expect(verb == asked.verb && (targets == asked.targets || targets == [asked.targets[0]]))
                    } else {
                        Issue.record("\(verb) was not asked for")
                    }
                    runs += targets.indices.map { (run, $0) }
                    done += 1
                case .loadReleases: bench.send(.releases(.value([ScreenTests.release("1.5.0")])))
                case .plan: bench.send(.plan(.value(Bench.deployment)))
                case .deploy:
                    if case .deploy(let form)? = question, case .planned = form.step {
                    } else {
                        Issue.record("a deployment began without its plan")
                    }
                    bench.send(.begun(.value(Bench.deployment)))
                    done += 1
                case .loadOutput(let id, let client):
                    bench.send(.output(deployment: id, client: client, .value(["one", "two"])))
                default: break
                }
            }
            if let (run, target) = runs.popLast() {
                bench.send(.outcome(run: run, target: target, Bool.random(using: &numbers) ? .ok("") : .failed("no")))
            }
            if step % 4 == 0 {
                let frame = bench.model.frame()
                #expect(frame.rows.allSatisfy { $0.count == frame.size.columns })
            }
        }
        #expect(done > 0, "the walk never did anything that could have been wrong")
    }

    private static func event(_ numbers: inout SeededRandom) -> Message {
        let names = ["pi-garage-01", "pi-hall-01", "pi-new", "pi-kitchen-02"]
        let name = names.randomElement(using: &numbers) ?? ""
        switch Int.random(in: 0..<12, using: &numbers) {
        case 0: return .fleet([.clientRemoved(ClientRemoval(client: name))])
        case 1: return .fleet([.workloadRemoved(WorkloadRemoval(client: name, workload: "camera"))])
        case 2: return .fleet([.snapshot(Bench.snapshot)])
        case 3: return .fleet([.deployment(Bench.deployment)])
        case 4: return .link(.lost(reason: "gone", retryAt: Bench.now))
        case 5...8: return .link(.live)
        case 9:
            let status = WorkloadStatus.allCases.randomElement(using: &numbers) ?? .running
            return .fleet([.workload(WorkloadChange(client: name, workload: Bench.workload("camera", status)))])
        default:
            let status = ClientStatus.allCases.randomElement(using: &numbers) ?? .online
            return .fleet([.client(Bench.client(name, status))])
        }
    }
}
