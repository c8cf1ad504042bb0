import COpenBLAS

/// A matrix in memory: row-major with rows `stride` values apart, read as its transpose when asked.
struct MatrixView {
    let pointer: UnsafeMutablePointer<Float>
    let stride: Int
    var transposed = false

    /// The part that begins at logical row `row` and column `column`.
    func from(row: Int = 0, column: Int = 0) -> MatrixView {
        MatrixView(
            pointer: pointer + (transposed ? column * stride + row : row * stride + column), stride: stride,
            transposed: transposed)
    }
}

/// `c = a * b + keep * c` for a m x k, b k x n and c m x n, on the calling thread. Wraps `cblas_sgemm`.
func matrixProduct(
    _ a: MatrixView, _ b: MatrixView, into c: MatrixView, m: Int, n: Int, k: Int, scale: Float = 1, keep: Float = 0
) {
    guard m > 0, n > 0 else { return }
    cblas_sgemm(
        CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans, b.transposed ? CblasTrans : CblasNoTrans, Int32(m),
        Int32(n), Int32(k), scale, a.pointer, Int32(max(1, a.stride)), b.pointer, Int32(max(1, b.stride)), keep,
        c.pointer,
        Int32(max(1, c.stride)))
}

extension Engine {
    /// `c = scale * a * b + keep * c`, split over the team along the longer side of `c`.
    func product(
        _ a: MatrixView, _ b: MatrixView, into c: MatrixView, m: Int, n: Int, k: Int, scale: Float = 1, keep: Float = 0
    ) {
        // Blocks of 16 keep every part on whole registers.
        let block = 16, work = m * n * k
        let parts = work < 1 << 19 ? 1 : threadCount
        if m >= n {
            let blocks = (m + block - 1) / block
            parallel(blocks, grain: (blocks + parts - 1) / parts) { _, range in
                let rows = range.lowerBound * block..<min(m, range.upperBound * block)
                matrixProduct(
                    a.from(row: rows.lowerBound), b, into: c.from(row: rows.lowerBound), m: rows.count, n: n, k: k,
                    scale: scale, keep: keep)
            }
        } else {
            let blocks = (n + block - 1) / block
            parallel(blocks, grain: (blocks + parts - 1) / parts) { _, range in
                let columns = range.lowerBound * block..<min(n, range.upperBound * block)
                matrixProduct(
                    a, b.from(column: columns.lowerBound), into: c.from(column: columns.lowerBound), m: m,
                    n: columns.count,
                    k: k, scale: scale, keep: keep)
            }
        }
    }
}
