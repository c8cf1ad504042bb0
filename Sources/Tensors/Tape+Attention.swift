import CKernels

extension Tape {
    /// Scaled dot-product attention with several heads: each head takes its share of the features, and
    /// `y = softmax(q k^T / sqrt(A / heads)) v` over the keys that are present.
    ///
    /// Absent keys are left out exactly: their probability is 0, not merely small. Where no key is present the result is 0.
    ///
    /// - Parameters:
    ///   - queries: N, Q, A; float32, already projected.
    ///   - keys: N, T, A.
    ///   - values: N, T, A.
    ///   - heads: how many share the features out; A is a multiple.
    ///   - present: one flag per sample and key, N x T of them; `nil` means all.
    /// - Returns: N, Q, A.
    public func attention(queries: Variable, keys: Variable, values: Variable, heads: Int, present: [Bool]? = nil)
        throws
        -> Variable
    {
        guard queries.shape.count == 3, keys.shape.count == 3, keys.shape == values.shape,
            keys.shape[0] == queries.shape[0],
            keys.shape[2] == queries.shape[2], heads > 0, keys.shape[2] % heads == 0,
            present.map({ $0.count == keys.shape[0] * keys.shape[1] }) ?? true
        else {
            throw TensorError.shapes(
                operation: "attention with \(heads) heads", first: "queries", firstShape: queries.shape,
                second: "keys and values", secondShape: keys.shape,
                rule: "they must be N, Q, A and twice N, T, A with A a multiple of the heads, and N x T flags if any")
        }
        for tensor in [queries, keys, values] { try requireType(.float32, of: tensor.value, "attention") }
        let samples = queries.shape[0], rows = queries.shape[1], columns = keys.shape[1], width = keys.shape[2]
        let share = width / heads, scale = 1 / Float(share).squareRoot()
        let flags = present.map { $0.map { UInt8($0 ? 1 : 0) } }
        let probabilities = Tensor(uninitialized: [samples, heads, rows, columns])
        let y = Tensor(uninitialized: queries.shape)
        let (q, k, v) = (queries.value, keys.value, values.value)
        // The rows of one head may be split: with fewer heads than threads the team would idle.
        let splits = max(1, min((rows + 15) / 16, engine.threadCount))
        let work = 2 * rows * columns * share
        let grain = max(1, (1 << 19) / max(1, work))
        engine.parallel(samples * heads * splits, grain: grain * splits) { _, range in
            for unit in range {
                let head = unit / splits % heads, sample = unit / splits / heads, split = unit % splits
                let part = rows * split / splits..<rows * (split + 1) / splits
                let scores = probabilities.floats + ((sample * heads + head) * rows + part.lowerBound) * columns
                matrixProduct(
                    q.head(sample, head, share, row: part.lowerBound), k.head(sample, head, share).asTranspose,
                    into: MatrixView(pointer: scores, stride: columns), m: part.count, n: columns, k: share)
                flags.withUnsafePointer { flags in
                    iris_tensor_softmax(scores, flags.map { $0 + sample * columns }, scale, part.count, columns)
                }
                matrixProduct(
                    MatrixView(pointer: scores, stride: columns), v.head(sample, head, share),
                    into: y.head(sample, head, share, row: part.lowerBound), m: part.count, n: share, k: columns)
            }
        }
        let wanted = queries.slot != nil || keys.slot != nil || values.slot != nil
        return record(y, wanted: wanted) { [engine, qSlot = queries.slot, kSlot = keys.slot, vSlot = values.slot] dy in
            let dq = Tensor(uninitialized: q.shape), dk = Tensor(uninitialized: k.shape),
                dv = Tensor(uninitialized: k.shape)
            let scratch = engine.scratch(rows * columns)
            engine.parallel(samples * heads, grain: grain) { part, range in
                let scores = scratch.row(part)
                for unit in range {
                    let head = unit % heads, sample = unit / heads
                    let p = MatrixView(pointer: probabilities.floats + unit * rows * columns, stride: columns)
                    let ds = MatrixView(pointer: scores, stride: columns), out = dy.head(sample, head, share)
                    matrixProduct(
                        p.asTranspose, out, into: dv.head(sample, head, share), m: columns, n: share, k: rows)
                    matrixProduct(
                        out, v.head(sample, head, share).asTranspose, into: ds, m: rows, n: columns, k: share)
                    iris_tensor_softmax_gradient(p.pointer, scores, scale, rows, columns)
                    matrixProduct(
                        ds, k.head(sample, head, share), into: dq.head(sample, head, share), m: rows, n: share,
                        k: columns)
                    matrixProduct(
                        ds.asTranspose, q.head(sample, head, share), into: dk.head(sample, head, share), m: columns,
                        n: share,
                        k: rows)
                }
            }
            qSlot?.add(dq, engine: engine)
            kSlot?.add(dk, engine: engine)
            vSlot?.add(dv, engine: engine)
        }
    }
}

extension MatrixView {
    fileprivate var asTranspose: MatrixView { MatrixView(pointer: pointer, stride: stride, transposed: true) }
}

extension Tensor {
    /// The features of one head, from one row on: rows are tokens of N, T, A.
    fileprivate func head(_ sample: Int, _ head: Int, _ share: Int, row: Int = 0) -> MatrixView {
        MatrixView(pointer: floats + (sample * shape[1] + row) * shape[2] + head * share, stride: shape[2])
    }
}

extension Optional where Wrapped == [UInt8] {
    /// Lends a pointer to the bytes, or none.
    fileprivate func withUnsafePointer(_ body: (UnsafePointer<UInt8>?) -> Void) {
        switch self {
        case .none: body(nil)
        case .some(let bytes): bytes.withUnsafeBufferPointer { body($0.baseAddress) }
        }
    }
}
