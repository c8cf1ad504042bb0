import CKernels

/// Resamples an image one axis at a time, a band of output rows at a time.
///
/// Within a band the passes run either j, i, k or k, j, i, whichever reads less; what lies between them is a block of floats
/// that is small enough for the outer cache, so that neither memory traffic nor memory use grows with the volume.
struct ResamplingPasses {
    let axes: [ResamplingAxis]
    let shape: GridShape
    let quantisation: Quantisation?

    /// The most floats that the block between two passes holds, unless one band of 64 rows takes more.
    private static let blockFloats = 3 << 20
    /// Output rows in a band are a multiple of this: the number of rows that the kernels take at once.
    private static let rowGroup = 64

    func run<Input: ResampledVoxel, Output: ResampledVoxel>(
        _ input: UnsafePointer<Input>, _ output: UnsafeMutablePointer<Output>
    ) {
        // Tables count from the window that they name.
        let input =
            input + shape.offset(axes[0].window.lowerBound, axes[1].window.lowerBound, axes[2].window.lowerBound)
        if axes[2].kind == IRIS_PICK {
            pickSlices(input, output)
        } else if slicesFirst {
            resampleSlicesFirst(input, output)
        } else {
            resamplePlanesFirst(input, output)
        }
    }

    /// The sizes of the output.
    private var columns: Int { axes[0].first.count }
    private var rows: Int { axes[1].first.count }
    private var slices: Int { axes[2].first.count }

    /// Whether k goes first. With N input voxels, j and i cost about 2 per voxel that they read and k 1, so planes first costs
    /// N (2 + r) and slices first N (1 + 2 s), where r and s are the factors by which planes and slices change in number.
    private var slicesFirst: Bool {
        func factor(_ axis: Int) -> Double { Double(axes[axis].first.count) / Double(axes[axis].window.count) }
        return 1 + 2 * factor(2) < 2 + factor(0) * factor(1)
    }

    /// No arithmetic along k: every output slice comes from one input slice.
    private func pickSlices<Input: ResampledVoxel, Output: ResampledVoxel>(
        _ input: UnsafePointer<Input>, _ output: UnsafeMutablePointer<Output>
    ) {
        let plane = columns * rows
        let scratch = Scratch(rows: rows, columns: axes[0].window.count)
        for k in 0..<slices {
            if k > 0, axes[2].first[k] == axes[2].first[k - 1] {
                (output + k * plane).update(from: output + (k - 1) * plane, count: plane)
            } else {
                let slice = input + Int(axes[2].first[k]) * shape.i * shape.j
                resamplePlane(axes[1], slice, stride: shape.i, output + k * plane, scratch)
            }
        }
    }

    private func resamplePlanesFirst<Input: ResampledVoxel, Output: ResampledVoxel>(
        _ input: UnsafePointer<Input>, _ output: UnsafeMutablePointer<Output>
    ) {
        let inputSlices = axes[2].window.count
        let bands = bands(floatsPerRow: columns * inputSlices)
        let scratch = Scratch(rows: bands[0].count, columns: axes[0].window.count)
        let between = Scratch(bands[0].count * columns * inputSlices)
        for band in bands {
            let axis = axes[1].outputs(band)
            let plane = band.count * columns
            for k in 0..<inputSlices {
                let slice = input + shape.i * (axis.window.lowerBound + shape.j * k)
                resamplePlane(axis, slice, stride: shape.i, between.base + k * plane, scratch)
            }
            resampleColumns(
                axes[2], UnsafePointer(between.base), stride: plane, count: plane,
                output + band.lowerBound * columns, stride: rows * columns)
        }
    }

    private func resampleSlicesFirst<Input: ResampledVoxel, Output: ResampledVoxel>(
        _ input: UnsafePointer<Input>, _ output: UnsafeMutablePointer<Output>
    ) {
        let inputColumns = axes[0].window.count
        let rowsRead = max(1, Double(axes[1].window.count) / Double(rows))
        let bands = bands(floatsPerRow: Int((Double(inputColumns * slices) * rowsRead).rounded(.up)))
        let bandAxes = bands.map { axes[1].outputs($0) }
        let mostRows = bandAxes.map(\.window.count).max()!
        let scratch = Scratch(rows: bands[0].count, columns: inputColumns)
        let between = Scratch(mostRows * inputColumns * slices)
        for (band, axis) in zip(bands, bandAxes) {
            let plane = axis.window.count * inputColumns
            // Whole rows lie one after the other; parts of rows are taken one by one.
            let (runs, length) = inputColumns == shape.i ? (1, plane) : (axis.window.count, inputColumns)
            for run in 0..<runs {
                resampleColumns(
                    axes[2], input + shape.i * (axis.window.lowerBound + run), stride: shape.i * shape.j, count: length,
                    between.base + run * inputColumns, stride: plane)
            }
            for k in 0..<slices {
                resamplePlane(
                    axis, UnsafePointer(between.base + k * plane), stride: inputColumns,
                    output + columns * (band.lowerBound + rows * k), scratch)
            }
        }
    }

    /// Resamples one plane along j and then i. Rows of the result follow each other without gaps.
    private func resamplePlane<Input: ResampledVoxel, Output: ResampledVoxel>(
        _ rowAxis: ResamplingAxis, _ input: UnsafePointer<Input>, stride: Int, _ output: UnsafeMutablePointer<Output>,
        _ scratch: Scratch
    ) {
        let inputColumns = axes[0].window.count
        if axes[0].copyStride == 1 {
            resampleColumns(rowAxis, input, stride: stride, count: inputColumns, output, stride: columns)
        } else if let copyStride = rowAxis.copyStride {
            resampleRows(input, stride: stride * copyStride, count: rowAxis.first.count, output)
        } else {
            let between = Scratch.rowStride(inputColumns)
            resampleColumns(rowAxis, input, stride: stride, count: inputColumns, scratch.base, stride: between)
            resampleRows(UnsafePointer(scratch.base), stride: between, count: rowAxis.first.count, output)
        }
    }

    private func resampleColumns<Input: ResampledVoxel, Output: ResampledVoxel>(
        _ axis: ResamplingAxis, _ input: UnsafePointer<Input>, stride: Int, count: Int,
        _ output: UnsafeMutablePointer<Output>, stride outputStride: Int
    ) {
        var arguments = (quantisation ?? .identity).kernelArguments
        axis.withCAxis {
            iris_resample_columns(
                input, Input.sampleType, stride, count, $0, output, Output.sampleType, outputStride, &arguments)
        }
    }

    private func resampleRows<Input: ResampledVoxel, Output: ResampledVoxel>(
        _ input: UnsafePointer<Input>, stride: Int, count: Int, _ output: UnsafeMutablePointer<Output>
    ) {
        var arguments = (quantisation ?? .identity).kernelArguments
        axes[0].withCAxis {
            iris_resample_rows(
                input, Input.sampleType, stride, count, $0, output, Output.sampleType, columns, &arguments)
        }
    }

    private func bands(floatsPerRow: Int) -> [Range<Int>] {
        let size = max(1, Self.blockFloats / max(1, floatsPerRow) / Self.rowGroup) * Self.rowGroup
        return stride(from: 0, to: rows, by: size).map { $0..<min(rows, $0 + size) }
    }

    /// Floats between two passes.
    private final class Scratch {
        let base: UnsafeMutablePointer<Float>
        init(_ capacity: Int) {
            // On a cache line's boundary, where the kernels read fastest.
            base = UnsafeMutableRawPointer.allocate(byteCount: capacity * MemoryLayout<Float>.stride, alignment: 64)
                .bindMemory(to: Float.self, capacity: capacity)
        }

        convenience init(rows: Int, columns: Int) { self.init(rows * Scratch.rowStride(columns)) }

        /// Whole cache lines, and an odd number of them: rows a power of two apart would share few places of the cache.
        static func rowStride(_ columns: Int) -> Int { ((columns + 15) / 16 | 1) * 16 }

        deinit { base.deallocate() }
    }
}
