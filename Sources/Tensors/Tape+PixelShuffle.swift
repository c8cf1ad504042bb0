import CKernels

extension Tape {
    /// Moves groups of channels into space: from N, d, h, w, C r^3 to N, rd, rh, rw, C with
    /// `y[rz + a, ry + b, rx + e, c] = x[z, y, x, c r^3 + (a r + b) r + e]`.
    public func pixelShuffle(_ x: Variable, factor: Int) throws -> Variable {
        guard x.shape.count == 5, factor > 0, x.shape[4] % (factor * factor * factor) == 0 else {
            throw TensorError.shape(
                operation: "pixel shuffle by \(factor)", of: "input", found: x.shape,
                rule: "it must be N, d, h, w, C with C a multiple of \(factor * factor * factor)")
        }
        try requireType(.float32, of: x.value, "pixel shuffle")
        let fine = Array(x.shape[1...3]).map { $0 * factor }
        let y = Tensor(uninitialized: [x.shape[0]] + fine + [x.shape[4] / (factor * factor * factor)])
        engine.shuffle(coarse: x.value, fine: y, factor: factor, toFine: true)
        return record(y, wanted: x.slot != nil) { [engine, shape = x.shape, slot = x.slot] dy in
            let dx = Tensor(uninitialized: shape)
            engine.shuffle(coarse: dx, fine: dy, factor: factor, toFine: false)
            slot?.add(dx, engine: engine)
        }
    }

    /// The inverse of ``pixelShuffle(_:factor:)``.
    public func pixelUnshuffle(_ x: Variable, factor: Int) throws -> Variable {
        guard x.shape.count == 5, factor > 0, (1...3).allSatisfy({ x.shape[$0] % factor == 0 }) else {
            throw TensorError.shape(
                operation: "pixel unshuffle by \(factor)", of: "input", found: x.shape,
                rule: "it must be N, D, H, W, C with D, H and W multiples of \(factor)")
        }
        try requireType(.float32, of: x.value, "pixel unshuffle")
        let coarse = Array(x.shape[1...3]).map { $0 / factor }
        let y = Tensor(uninitialized: [x.shape[0]] + coarse + [x.shape[4] * factor * factor * factor])
        engine.shuffle(coarse: y, fine: x.value, factor: factor, toFine: false)
        return record(y, wanted: x.slot != nil) { [engine, shape = x.shape, slot = x.slot] dy in
            let dx = Tensor(uninitialized: shape)
            engine.shuffle(coarse: dy, fine: dx, factor: factor, toFine: true)
            slot?.add(dx, engine: engine)
        }
    }

    /// Features shared by several masks, with each mask as one more channel:
    /// `y[n, k, v, c] = x[n, v, c]` for c < C and `y[n, k, v, C] = masks[n, k, v]`.
    ///
    /// - Parameters:
    ///   - x: N, V, C; float32.
    ///   - masks: N, K, V; no gradient flows into them.
    /// - Returns: N, K, V, C + 1.
    public func joined(_ x: Variable, withMasks masks: Tensor) throws -> Variable {
        guard x.shape.count == 3, masks.shape.count == 3, masks.shape[0] == x.shape[0], masks.shape[2] == x.shape[1]
        else {
            throw TensorError.shapes(
                operation: "joining features and masks", first: "features", firstShape: x.shape, second: "masks",
                secondShape: masks.shape, rule: "they must be N, V, C and N, K, V")
        }
        try requireType(.float32, of: x.value, "joining features and masks")
        let (samples, voxels, channels, classes) = (x.shape[0], x.shape[1], x.shape[2], masks.shape[1])
        let y = Tensor(uninitialized: [samples, classes, voxels, channels + 1]), input = x.value
        engine.parallel(samples * classes, grain: max(1, (1 << 14) / max(1, voxels * channels))) { _, range in
            for index in range {
                let to = y.floats + index * voxels * (channels + 1),
                    from = input.floats + index / classes * voxels * channels
                iris_tensor_copy_runs(IRIS_TENSOR_FLOAT32, from, channels, to, channels + 1, channels, voxels)
                for voxel in 0..<voxels { to[voxel * (channels + 1) + channels] = masks.floats[index * voxels + voxel] }
            }
        }
        return record(y, wanted: x.slot != nil) { [engine, shape = x.shape, slot = x.slot] dy in
            let dx = Tensor(zeros: shape)
            engine.parallel(samples * voxels, grain: max(1, (1 << 14) / max(1, classes * channels))) { _, range in
                for index in range {
                    let (sample, voxel) = index.quotientAndRemainder(dividingBy: voxels)
                    for k in 0..<classes {
                        let from = dy.floats + ((sample * classes + k) * voxels + voxel) * (channels + 1)
                        iris_tensor_add_scaled(1, from, channels, dx.floats + index * channels)
                    }
                }
            }
            slot?.add(dx, engine: engine)
        }
    }
}

extension Engine {
    /// Moves values between N, d, h, w, C r^3 (`coarse`) and N, rd, rh, rw, C (`fine`).
    fileprivate func shuffle(coarse: Tensor, fine: Tensor, factor r: Int, toFine: Bool) {
        let channels = fine.shape[4], depth = coarse.shape[1], height = coarse.shape[2], width = coarse.shape[3]
        parallel(coarse.shape[0] * depth * height * width, grain: max(1, (1 << 14) / coarse.shape[4])) { _, range in
            for voxel in range {
                let x = voxel % width, y = voxel / width % height, plane = voxel / (width * height)
                for sub in 0..<r * r * r {
                    let (a, b, e) = (sub / (r * r), sub / r % r, sub % r)
                    let at = (((plane * r + a) * height * r + y * r + b) * width * r + x * r + e) * channels
                    let from = coarse.floats + voxel * channels * r * r * r + sub
                    for c in 0..<channels {
                        if toFine {
                            fine.floats[at + c] = from[c * r * r * r]
                        } else {
                            from[c * r * r * r] = fine.floats[at + c]
                        }
                    }
                }
            }
        }
    }
}
