import FleetModel

extension ValueKind {
    /// A list whose elements are all of one kind.
    static func list<Element>(
        _ label: String, of kind: ValueKind<Element>, atMost most: Int, atLeast least: Int = 0
    ) -> ValueKind<[Element]> where Value == [Element] {
        ValueKind<[Element]>(label) { node in
            guard case .list(let nodes) = node.content else {
                return .failure(.because("must be a list like '[a, b]', not \(node.kindName)"))
            }
            guard nodes.count >= least else { return .failure(.because("must not be empty")) }
            guard nodes.count <= most else { return .failure(.because("must have at most \(most) elements")) }
            var values: [Element] = []
            for element in nodes {
                switch kind.read(element) {
                case .success(let value): values.append(value)
                case .failure(let refusal):
                    return .failure(
                        .because(
                            refusal.reason.map { "has an element that \($0)" }
                                ?? "has an element that must be \(kind.labelInSentence), not \(kind.shown(element))",
                            at: refusal.position ?? element.position))
                }
            }
            return .success(values)
        }
    }

    /// Elements with their places.
    static func locatedList<Element>(
        _ label: String, of kind: ValueKind<Element>, atMost most: Int
    ) -> Self where Value == [Located<Element>] {
        let located = ValueKind<Located<Element>>(kind.label) { node in
            switch kind.read(node) {
            case .success(let value): .success(Located(value: value, position: node.position))
            case .failure(let refusal): .failure(.init(reason: refusal.reason, position: refusal.position))
            }
        }
        return ValueKind<[Located<Element>]>.list(label, of: located, atMost: most)
    }
}

extension ValueKind where Value == [AddressNetwork] {
    static var networks: Self {
        let network = ValueKind<AddressNetwork>("address or network like '10.0.0.0/8'") { node in
            guard let text = node.text else { return .failure(.kind) }
            do throws(AddressNetwork.Refusal) {
                return .success(try AddressNetwork(text))
            } catch {
                return .failure(.because("must \(error.reason), not '\(excerpt(text))'"))
            }
        }
        return list("list of addresses and networks", of: network, atMost: 100)
    }
}

extension ValueKind where Value == [String] {
    static var tags: Self {
        let tag = ValueKind<String>.text("text") {
            $0.unicodeScalars.count <= 64 ? nil : "must have at most 64 characters"
        }
        return list("list of texts", of: tag, atMost: 100)
    }

    static var names: Self { list("list of names", of: .name, atMost: 1000) }

    /// A program and its arguments; these may be empty and may have line breaks.
    static var command: Self {
        ValueKind("list of a program and its arguments") { node in
            guard case .list(let nodes) = node.content else {
                return .failure(
                    .because(
                        "must be a list of a program and its arguments, as in '[sleep, \"60\"]', not \(node.kindName)"))
            }
            guard nodes.count <= 1000 else { return .failure(.because("must have at most 1000 elements")) }
            var words: [String] = []
            for element in nodes {
                guard let word = element.text else {
                    return .failure(
                        .because("has \(element.kindName) where a text should be", at: element.position))
                }
                guard !word.utf8.contains(0) else {
                    return .failure(.because("has an argument with a zero byte", at: element.position))
                }
                guard word.utf8.count <= 65_536 else {
                    return .failure(.because("has an argument of more than 64 KiB", at: element.position))
                }
                words.append(word)
            }
            guard words.first?.isEmpty == false else { return .failure(.because("must begin with a program")) }
            return .success(words)
        }
    }
}

extension ValueKind where Value == [String: String] {
    /// Texts, numbers and truth values are taken as they are written.
    static var environment: Self {
        ValueKind("mapping of names to values") { node in
            guard case .mapping(let entries) = node.content else { return .failure(.kind) }
            guard entries.count <= 1000 else { return .failure(.because("must have at most 1000 variables")) }
            var values: [String: String] = [:]
            for entry in entries {
                guard Plausible.isWord(entry.key), entry.key.utf8.count <= 256 else {
                    return .failure(
                        .because(
                            "has the variable '\(excerpt(entry.key))'; a name has letters, digits and '_' and does "
                                + "not begin with a digit", at: entry.keyPosition))
                }
                guard let text = entry.value.text else {
                    return .failure(
                        .because(
                            "must have a text, a number or a truth value for '\(excerpt(entry.key))'; "
                                + "\"\" is an empty text", at: entry.value.position))
                }
                guard !text.utf8.contains(0) else {
                    return .failure(
                        .because("has a zero byte in '\(excerpt(entry.key))'", at: entry.value.position))
                }
                guard text.utf8.count <= 65_536 else {
                    return .failure(
                        .because("has more than 64 KiB in '\(excerpt(entry.key))'", at: entry.value.position))
                }
                values[entry.key] = text
            }
            return .success(values)
        }
    }
}

extension ValueKind where Value == [String: JSONValue] {
    /// Anything that JSON can hold.
    static var arguments: Self {
        ValueKind("mapping of names to any values") { node in
            guard case .object(let values) = node.json else { return .failure(.kind) }
            return .success(values)
        }
    }
}
