/// The candidate a misspelt name most likely stands for; nil where none is near, or there are too many to compare with.
/// Of equals the first in order wins.
package func nearest(to name: String, in candidates: some Collection<String>) -> String? {
    guard name.utf8.count <= 64, candidates.count <= 500 else { return nil }
    let lowered = Array(name.lowercased().utf8)
    var best: (distance: Int, name: String)?
    for candidate in candidates.sorted() where candidate.utf8.count <= 64 {
        let distance = editDistance(lowered, Array(candidate.lowercased().utf8))
        if distance <= max(1, min(lowered.count, candidate.utf8.count) / 3), distance < best?.distance ?? .max {
            best = (distance, candidate)
        }
    }
    return best?.name
}

/// How many letters must be changed, added, dropped or swapped with their neighbour.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in a.indices {
        var row = [i + 1]
        row.reserveCapacity(b.count + 1)
        for j in b.indices {
            var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
            row.append(cost)
        }
        (beforeLast, last) = (last, row)
    }
    return last[b.count]
}
