/// A pair of places in a list of cases, the smaller first.
package struct CasePair: Hashable, Sendable, Comparable {
    package let a, b: Int

    package init(_ x: Int, _ y: Int) { (a, b) = (min(x, y), max(x, y)) }

    package static func < (x: Self, y: Self) -> Bool { (x.a, x.b) < (y.a, y.b) }
}
