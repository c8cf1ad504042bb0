import CKernels

extension Tape {
    /// Trilinear upsampling by 2 (no aligned corners, as PyTorch's `interpolate(scale_factor=2, mode="trilinear")`), with the
    /// channels of `skip` after those of `x`.
    ///
    /// - Parameters:
    ///   - x: N, D, H, W, C.
    ///   - skip: N, 2D, 2H, 2W, S.
    /// - Returns: N, 2D, 2H, 2W, C + S.
    public func upsampled(_ x: Variable, concatenatedWith skip: Variable) throws -> Variable {
        let operation = "upsampling"
        guard x.shape.count == 5, skip.shape.count == 5, skip.shape[0] == x.shape[0],
            (1...3).allSatisfy({ skip.shape[$0] == 2 * x.shape[$0] })
        else {
            throw TensorError.shapes(
                operation: operation, first: "input", firstShape: x.shape, second: "skip connection",
                secondShape: skip.shape,
                rule: "both must be N, D, H, W, C with the skip twice as large along D, H and W")
        }
        try requireType(x.value.type, of: skip.value, operation)
        let (samples, depth, height, width, channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3], x.shape[4])
        let other = skip.shape[4], stride = channels + other, type = x.value.type
        let y = Tensor(uninitialized: Array(skip.shape[0...3]) + [stride], type: type)
        let rows = 4 * depth * height, line = 2 * width
        let grain = max(1, (1 << 14) / max(1, line * stride))
        let scratch = engine.scratch(width * channels)
        engine.parallel(samples * rows, grain: grain) { part, range in
            engine.samples(of: range, rowsEach: rows) { sample, rowRange in
                let out = y.pointer + sample * rows * line * stride * type.size
                iris_tensor_upsample(
                    type.kernelType, x.value.pointer + sample * (rows / 4) * width * channels * type.size, depth,
                    height, width,
                    channels, rowRange.lowerBound, rowRange.upperBound, stride, out, scratch.row(part))
            }
            iris_tensor_copy_runs(
                type.kernelType, skip.value.pointer + range.lowerBound * line * other * type.size, other,
                y.pointer + (range.lowerBound * line * stride + channels) * type.size, stride, other, range.count * line
            )
        }
        return record(y, wanted: x.slot != nil || skip.slot != nil) {
            [engine, shape = x.shape, skipShape = skip.shape, xSlot = x.slot, skipSlot = skip.slot] dy in
            if let xSlot {
                let dx = Tensor(uninitialized: shape, type: type)
                let scratch = engine.scratch(2 * width * channels)
                engine.parallel(samples * rows / 4, grain: grain) { part, range in
                    engine.samples(of: range, rowsEach: rows / 4) { sample, rowRange in
                        iris_tensor_upsample_adjoint(
                            type.kernelType, dy.pointer + sample * rows * line * stride * type.size, depth, height,
                            width,
                            channels, stride, rowRange.lowerBound, rowRange.upperBound,
                            dx.pointer + sample * (rows / 4) * width * channels * type.size, scratch.row(part))
                    }
                }
                xSlot.add(dx, engine: engine)
            }
            if let skipSlot {
                let dskip = Tensor(uninitialized: skipShape, type: type)
                engine.parallel(samples * rows, grain: grain) { _, range in
                    iris_tensor_copy_runs(
                        type.kernelType, dy.pointer + (range.lowerBound * line * stride + channels) * type.size, stride,
                        dskip.pointer + range.lowerBound * line * other * type.size, other, other, range.count * line)
                }
                skipSlot.add(dskip, engine: engine)
            }
        }
    }
}

extension Tensor {
    /// The values of one row of a float32 matrix.
    func row(_ index: Int) -> UnsafeMutablePointer<Float> { floats + index * shape[1] }
}

extension Engine {
    /// Room for `count` floats for each thread of the team, a row each. Taken before the threads start, so that the number
    /// of blocks in use does not depend on their pace.
    func scratch(_ count: Int) -> Tensor { Tensor(uninitialized: [threadCount, count]) }

    /// Cuts a range of rows, counted over all samples, at the borders of samples.
    fileprivate func samples(
        of range: Range<Int>, rowsEach rows: Int, _ body: (_ sample: Int, _ rows: Range<Int>) -> Void
    ) {
        var row = range.lowerBound
        while row < range.upperBound {
            let sample = row / rows, end = min(range.upperBound, (sample + 1) * rows)
            body(sample, row - sample * rows..<end - sample * rows)
            row = end
        }
    }

    /// What trilinear upsampling to the size of `masks` would weigh each coarse voxel with, summed over each mask: the
    /// adjoint of that upsampling, applied to the masks.
    ///
    /// - Parameters:
    ///   - masks: M, D, H, W, float32.
    ///   - size: the coarse d, h, w, which divide D, H, W.
    /// - Returns: M, d, h, w. Each map sums to the sum of its mask.
    public func upsamplingAdjoint(of masks: Tensor, to size: [Int]) throws -> Tensor {
        let factors = try wholeFactors(masks, size, "adjoint of upsampling")
        let result = Tensor(uninitialized: [masks.shape[0]] + size)
        let volume = masks.shape[1...3].reduce(1, *), plane = size[1] * size[2]
        let scratch = scratch(size[1] * masks.shape[3])
        parallel(masks.shape[0] * size[0], grain: max(1, (1 << 15) * size[0] / max(1, volume))) { part, range in
            for index in range {
                iris_tensor_mask_adjoint(
                    masks.floats + index / size[0] * volume, masks.shape[1], masks.shape[2], masks.shape[3], factors[0],
                    factors[1], factors[2], index % size[0], result.floats + index * plane, scratch.row(part))
            }
        }
        return result
    }

    /// The mean of each block of voxels: `masks` M, D, H, W at the size d, h, w, which divides theirs.
    public func blockMeans(of masks: Tensor, to size: [Int]) throws -> Tensor {
        let factors = try wholeFactors(masks, size, "block means")
        let result = Tensor(uninitialized: [masks.shape[0]] + size)
        let volume = masks.shape[1...3].reduce(1, *), plane = size[1] * size[2]
        let scratch = scratch(masks.shape[3])
        parallel(masks.shape[0] * size[0], grain: max(1, (1 << 15) * size[0] / max(1, volume))) { part, range in
            for index in range {
                iris_tensor_block_means(
                    masks.floats + index / size[0] * volume, masks.shape[1], masks.shape[2], masks.shape[3], factors[0],
                    factors[1], factors[2], index % size[0], result.floats + index * plane, scratch.row(part))
            }
        }
        return result
    }

    private func wholeFactors(_ masks: Tensor, _ size: [Int], _ operation: String) throws -> [Int] {
        guard masks.shape.count == 4, size.count == 3, masks.type == .float32,
            (0..<3).allSatisfy({ size[$0] > 0 && masks.shape[$0 + 1] % size[$0] == 0 })
        else {
            throw TensorError.shapes(
                operation: operation, first: "masks", firstShape: masks.shape, second: "coarse size", secondShape: size,
                rule: "the masks must be M, D, H, W in whole multiples of the coarse size")
        }
        return (0..<3).map { masks.shape[$0 + 1] / size[$0] }
    }
}
