import HTTPTypes
import Hummingbird
import NIOCore

/// Style, script and icon: named by a hash of what is in them, so that a browser may keep them for good.
struct Assets: Sendable {
    private struct Asset: Sendable {
        var type: String
        var tag: String
        var body: ByteBuffer
        var packed: ByteBuffer?
    }

    private var assets: [String: Asset] = [:]
    /// Paths, by the key that the layout knows: `style`, `script`, `icon`.
    private(set) var paths: [String: String] = [:]

    init() {
        add("style", "css", "text/css; charset=utf-8", PackageResources.style_css)
        add("script", "js", "text/javascript; charset=utf-8", PackageResources.live_js)
        add("icon", "svg", "image/svg+xml", PackageResources.favicon_svg)
    }

    private mutating func add(_ key: String, _ ending: String, _ type: String, _ bytes: [UInt8]) {
        let body = ByteBuffer(bytes: bytes)
        let tag = Self.hash(bytes)
        let name = "\(key)-\(tag).\(ending)"
        assets[name] = Asset(type: type, tag: "\"\(tag)\"", body: body, packed: Gzip.compressed(body, level: 9))
        paths[key] = "/assets/\(name)"
    }

    /// - Returns: nil for a name that is none of ours.
    func response(_ name: String, to request: Request) -> Response? {
        guard let asset = assets[name] else { return nil }
        var headers: HTTPFields = [
            .contentType: asset.type, .cacheControl: "public, max-age=31536000, immutable", .eTag: asset.tag,
            .vary: "Accept-Encoding",
        ]
        if request.headers[.ifNoneMatch]?.contains(asset.tag) == true {
            return Response(status: .notModified, headers: headers)
        }
        if let packed = asset.packed, request.takesGzip {
            headers[.contentEncoding] = "gzip"
            return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: packed))
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: asset.body))
    }

    /// FNV-1a with 64 bits: it tells versions of our own files apart, nothing more.
    private static func hash(_ bytes: [UInt8]) -> String {
        let value = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(value, radix: 36)
    }
}

extension Request {
    var takesGzip: Bool { headers[.acceptEncoding]?.contains("gzip") == true }
}
