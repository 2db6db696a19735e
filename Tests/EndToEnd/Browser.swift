import AsyncHTTPClient
import FleetModel
import Foundation
import NIOCore
import NIOHTTP1
import TestSupport

/// A headless Chromium that is told over WebDriver what to do, as a person would with mouse and keyboard.
///
/// What it is asked to find it waits for: pages change by themselves. Ends with `end`.
struct Browser: Sendable {
    private static let driverProgram = "/usr/bin/chromedriver"
    static let isThere = ["/usr/bin/chromium", driverProgram].allSatisfy {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// What the driver said was wrong.
    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    private let driver: Child
    /// Of the session, at the driver.
    private let address: String

    /// - Parameter folder: for whatever the two programs write.
    static func start(in folder: String) async throws -> Browser {
        let log = folder + "/chromedriver.log"
        let driver = try Child(
            driverProgram, ["--port=0"], in: folder,
            environment: ["PATH": "/usr/bin:/bin", "HOME": folder, "TMPDIR": folder], output: log, errors: log)
        do {
            let port = try await TestSupport.until("the driver tells its port") { () -> Int? in
                let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
                guard driver.isRunning else { throw Failed(description: text) }
                guard let number = text.components(separatedBy: "on port ").last?.prefix(while: \.isNumber) else {
                    return nil
                }
                return text.contains("successfully") ? Int(number) : nil
            }
            let words = [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                "--disable-background-networking", "--window-size=1400,900",
            ]
            let wishes: JSONValue = .object([
                "capabilities": .object([
                    "alwaysMatch": .object(["goog:chromeOptions": .object(["args": .array(words.map { .string($0) })])])
                ])
            ])
            let base = "http://127.0.0.1:\(port)/session"
            let session = try await send("POST", base, wishes)
            guard case .object(let values) = session, case .string(let id) = values["sessionId"] else {
                throw Failed(description: "no session: \(session)")
            }
            return Browser(driver: driver, address: "\(base)/\(id)")
        } catch {
            driver.signal(SIGTERM)
            _ = try await driver.ended(within: 10)
            throw error
        }
    }

    func end() async throws {
        // Takes Chromium along.
        _ = try? await Self.send("DELETE", address, nil)
        driver.signal(SIGTERM)
        _ = try await driver.ended(within: 10)
    }

    // MARK: - The wire

    private static func send(_ method: String, _ address: String, _ body: JSONValue?) async throws -> JSONValue {
        var request = HTTPClientRequest(url: address)
        request.method = .init(rawValue: method)
        if let body { request.body = .bytes(try JSONEncoder().encode(body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        let bytes = try await response.body.collect(upTo: 16 << 20)
        let answer = try JSONDecoder().decode([String: JSONValue].self, from: Data(bytes.readableBytesView))
        let value = answer["value"] ?? .null
        if case .object(let values) = value, case .string(let error) = values["error"] {
            if case .string(let text) = values["message"] { throw Failed(description: "\(error): \(text)") }
            throw Failed(description: error)
        }
        return value
    }

    private func post(_ path: String, _ body: [String: JSONValue] = [:]) async throws -> JSONValue {
        try await Self.send("POST", address + path, .object(body))
    }

    /// A command of the browser's own protocol, for what WebDriver has no words for.
    func develop(_ command: String, _ parameters: [String: JSONValue] = [:]) async throws {
        _ = try await post("/goog/cdp/execute", ["cmd": .string(command), "params": .object(parameters)])
    }

    // MARK: - Looking

    /// The body of a function of no arguments, run in the page; what it returns.
    func run(_ script: String) async throws -> JSONValue {
        try await post("/execute/sync", ["script": .string(script), "args": .array([])])
    }

    func text(_ script: String) async throws -> String {
        let value = try await run("return String(\(script))")
        guard case .string(let text) = value else { throw Failed(description: "no text: \(value)") }
        return text
    }

    func isSo(_ script: String) async throws -> Bool { try await run("return Boolean(\(script))") == .bool(true) }

    /// Waits until an expression is true in the page.
    func until(_ what: String, _ script: String) async throws {
        _ = try await wait(what) { () -> Bool? in
            // While one page takes the place of another there is none to ask.
            (try? await isSo(script)) == true ? true : nil
        }
    }

    private func wait<Value: Sendable>(_ what: String, _ found: () async throws -> Value?) async throws -> Value {
        do {
            return try await TestSupport.until(what, found)
        } catch {
            let page: String
            do {
                page = try await text("location.href + '\\n' + document.title + '\\n' + document.body.innerText")
            } catch {
                page = "nothing: \(error)"
            }
            throw Failed(description: "\(error); the page says:\n\(page)")
        }
    }

    /// What a reader of the page sees of the first element like that; "" where there is none.
    func seen(_ selector: String) async throws -> String {
        try await text("document.querySelector(\(Self.quoted(selector)))?.innerText ?? ''")
    }

    func shows(_ text: String) async throws {
        try await until("the page shows '\(text)'", "document.body.innerText.includes(\(Self.quoted(text)))")
    }

    func hasNot(_ selector: String) async throws -> Bool {
        try await isSo("!document.querySelector(\(Self.quoted(selector)))")
    }

    static func quoted(_ text: String) -> String {
        (try? String(decoding: JSONEncoder().encode(text), as: UTF8.self)) ?? "''"
    }

    // MARK: - Doing

    func open(_ address: String) async throws {
        _ = try await post("/url", ["url": .string(address)])
    }

    func click(_ selector: String) async throws {
        // An element may be replaced between being found and being clicked.
        for attempt in 1... {
            do {
                _ = try await post("/element/\(try await element(selector))/click")
                return
            } catch let error as Failed where attempt < 5 && error.description.contains("stale element") {
                continue
            }
        }
    }

    /// - Parameter text: typed after what is there is removed.
    func type(_ text: String, into selector: String) async throws {
        let id = try await element(selector)
        _ = try await post("/element/\(id)/clear")
        _ = try await post("/element/\(id)/value", ["text": .string(text)])
    }

    /// Keys for what has the focus.
    func press(_ keys: String) async throws {
        let strokes = keys.flatMap { key -> [JSONValue] in
            ["keyDown", "keyUp"].map { .object(["type": .string($0), "value": .string(String(key))]) }
        }
        let keyboard: JSONValue = .object([
            "type": .string("key"), "id": .string("keyboard"), "actions": .array(strokes),
        ])
        _ = try await post("/actions", ["actions": .array([keyboard])])
    }

    static let enter = "\u{E007}"
    static let tab = "\u{E004}"
    static let escape = "\u{E00C}"

    private func element(_ selector: String) async throws -> String {
        let found = try await wait("the page has '\(selector)'") { () -> JSONValue? in
            try? await post("/element", ["using": .string("css selector"), "value": .string(selector)])
        }
        guard case .object(let values) = found, case .string(let id) = values.values.first else {
            throw Failed(description: "no element: \(found)")
        }
        return id
    }

    /// The value of a cookie of the site that is open.
    func cookie(_ name: String) async throws -> String? {
        guard case .object(let values) = try? await Self.send("GET", "\(address)/cookie/\(name)", nil),
            case .string(let text) = values["value"]
        else { return nil }
        return text
    }

    /// What is on the screen, as a PNG.
    func picture() async throws -> Data {
        guard case .string(let text) = try await Self.send("GET", address + "/screenshot", nil),
            let data = Data(base64Encoded: text)
        else { throw Failed(description: "no picture") }
        return data
    }

    // MARK: - How it looks

    /// As on a device of that width in CSS pixels.
    func resize(width: Int, height: Int) async throws {
        try await develop(
            "Emulation.setDeviceMetricsOverride",
            [
                "width": .integer(Int64(width)), "height": .integer(Int64(height)), "deviceScaleFactor": .integer(1),
                "mobile": .bool(width < 600),
            ])
    }

    func prefer(dark: Bool) async throws {
        try await develop(
            "Emulation.setEmulatedMedia",
            [
                "features": .array([
                    .object(["name": .string("prefers-color-scheme"), "value": .string(dark ? "dark" : "light")])
                ])
            ])
    }

    func allowScripts(_ allowed: Bool) async throws {
        try await develop("Emulation.setScriptExecutionDisabled", ["value": .bool(!allowed)])
    }

    /// Forgets who was logged in, and how the browser was told to look.
    func forget() async throws {
        _ = try await Self.send("DELETE", address + "/cookie", nil)
        try await develop("Network.clearBrowserCookies")
        try await allowScripts(true)
        try await develop("Emulation.clearDeviceMetricsOverride")
        try await develop("Emulation.setEmulatedMedia", ["features": .array([])])
        try await develop("Page.setBypassCSP", ["enabled": .bool(false)])
    }
}
