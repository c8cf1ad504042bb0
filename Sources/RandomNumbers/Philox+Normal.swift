import Glibc

extension Philox {
    /// A number from the standard normal distribution, by the Box-Muller transform.
    public mutating func normal() -> Double {
        let radius = (-2 * log(1 - uniform())).squareRoot()
        return radius * cos(2 * Double.pi * uniform())
    }
}
