import Tensors

/// Features of windows that will be needed again, as long as they fit.
struct FeatureCache {
    struct Key: Hashable {
        /// A number of the image that the windows belong to.
        let image: Int
        let origin: SIMD3<Int>
    }

    private var features: [Key: [Variable]] = [:]
    /// Bytes left.
    private var room: Int

    /// - Parameter bytes: the most memory that is kept; what comes later is computed again.
    init(bytes: Int = 1 << 30) { room = bytes }

    mutating func features(_ key: Key, _ compute: () throws -> [Variable]) rethrows -> [Variable] {
        if let known = features[key] { return known }
        let result = try compute()
        let bytes = result.reduce(0) { $0 + $1.value.byteCount }
        if bytes <= room {
            features[key] = result
            room -= bytes
        }
        return result
    }
}
