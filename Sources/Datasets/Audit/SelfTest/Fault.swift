import FoundationEssentials
import NIfTI
import Volumes

/// The faults that the audit's self-test injects, one at a time.
public enum Fault: String, CaseIterable, Sendable {
    case missingLabel = "missing label"
    case missingImage = "missing image"
    case truncatedGzip = "truncated gzip"
    case bitFlipInGzip = "bit flip in gzip"
    case bitFlipInVoxels = "bit flip in raw voxels"
    case notANumber = "NaN"
    case infinity = "Inf"
    case unknownValue = "value outside the table"
    case fractionalLabel = "fractional label"
    case negativeLabel = "negative label"
    case shapeMismatch = "shape mismatch"
    case spacingMismatch = "spacing mismatch"
    case originShift = "origin shift"
    case swappedLabels = "labels swapped between cases"
    case leftRightFlip = "image and label flipped left-right"
    case shiftedLabel = "label shifted by voxels"
    case emptyLabel = "empty label"
    case missingClass = "class missing"
    case constantImage = "constant image"
    case hounsfieldOffset = "HU offset +1024"
    case speck = "one-voxel speck"
    case duplicateCase = "duplicate case"
    case identityAffine = "spurious identity affine"
    case wrongModality = "wrong modality"

    /// The code that names the fault.
    public var expected: FindingCode {
        switch self {
        case .missingLabel: .missingLabel
        case .missingImage: .missingImage
        case .truncatedGzip: .truncatedGzip
        case .bitFlipInGzip: .corruptGzip
        case .bitFlipInVoxels: .changedVoxels
        case .notANumber: .notANumber
        case .infinity: .infiniteValue
        case .unknownValue: .unknownLabel
        case .fractionalLabel: .fractionalLabel
        case .negativeLabel: .negativeLabel
        case .shapeMismatch: .shapeMismatch
        case .spacingMismatch: .spacingMismatch
        case .originShift: .originMismatch
        case .swappedLabels: .swappedLabels
        case .leftRightFlip: .leftRightFlip
        case .shiftedLabel: .shiftedLabel
        case .emptyLabel: .emptyLabel
        case .missingClass: .missingClass
        case .constantImage: .constantImage
        case .hounsfieldOffset: .hounsfieldOffset
        case .speck: .labelSpeck
        case .duplicateCase: .duplicateImage
        case .identityAffine: .identityAffine
        case .wrongModality: .wrongModality
        }
    }
}

/// Puts one fault into a tree whose files may be hard links: every file that changes is replaced, never written into.
struct FaultInjection {
    /// A labelled CT case, another with the same grid, and an MR case of other patients.
    let subject, partner: SourceCase
    let stranger: SourceCase

    func inject(_ fault: Fault) throws {
        switch fault {
        case .missingLabel: try FileManager.default.removeItem(at: label)
        case .missingImage: try FileManager.default.removeItem(at: image)
        case .truncatedGzip: try editBytes(image) { $0.removeLast($0.count / 3) }
        case .bitFlipInGzip: try editBytes(image) { $0[$0.startIndex + $0.count / 2] ^= 0x10 }
        case .bitFlipInVoxels: try editImage { volume in volume.voxels[volume.voxels.count / 2] += 1 }
        case .notANumber: try editFloats { $0.voxels[$0.voxels.count / 2] = .nan }
        case .infinity: try editFloats { $0.voxels[$0.voxels.count / 2] = .infinity }
        case .unknownValue:
            try editLabel { labels in
                let place = labels.voxels.firstIndex { $0 != 0 }!
                labels.voxels[place] = 99
            }
        case .fractionalLabel: try writeLabel { $0 == 6 ? 5.5 : Float($0) }
        case .negativeLabel: try writeLabel { $0 == 6 ? Int16(-1) : Int16($0) }
        case .shapeMismatch:
            try replaceLabel { labels in
                let size = labels.grid.shape
                return labels.cut(to: VoxelBox(lower: .zero, upper: SIMD3(size.i, size.j, size.k - 2)))
            }
        case .spacingMismatch: try replaceLabel { $0.with(try $0.grid.affine.scaled(by: 1.25)) }
        case .originShift: try replaceLabel { $0.with($0.grid.affine.shifted(by: SIMD3(4, -3, 2))) }
        case .swappedLabels: try exchange(label, partner.label!.files[0])
        case .leftRightFlip:
            try editImage { $0.mirror(alongWorldAxis: 0) }
            try editLabel { $0.mirror(alongWorldAxis: 0) }
        case .shiftedLabel: try editLabel { $0.shift(by: SIMD3(4, -3, 0)) }
        case .emptyLabel: try editLabel { labels in labels.voxels = labels.voxels.map { _ in 0 } }
        case .missingClass: try editLabel { labels in labels.voxels = labels.voxels.map { $0 == 6 ? 0 : $0 } }
        case .constantImage: try editImage { volume in volume.voxels = volume.voxels.map { _ in 40 } }
        case .hounsfieldOffset: try editImage { volume in volume.voxels = volume.voxels.map { $0 + 1024 } }
        case .speck: try editLabel { $0.addSpeck(of: 6) }
        case .duplicateCase:
            try copy(partner.image.file, to: image)
            try copy(partner.label!.files[0], to: label)
        case .identityAffine:
            try editImage { $0 = $0.with(Affine(spacing: try Spacing(1, 1, 1))) }
            try editLabel { $0 = $0.with(Affine(spacing: try Spacing(1, 1, 1))) }
        case .wrongModality:
            try copy(stranger.image.file, to: image)
            try copy(stranger.label!.files[0], to: label)
        }
    }

    private var image: URL { subject.image.file }
    private var label: URL { subject.label!.files[0] }

    private func editBytes(_ file: URL, _ edit: (inout Data) -> Void) throws {
        var bytes = try Data(contentsOf: file)
        edit(&bytes)
        try bytes.write(to: file, options: .atomic)
    }

    private func editImage(_ edit: (inout Volume<Int16>) throws -> Void) throws {
        let read = try NIfTIFile.read(at: image.path)
        var volume = try Volume(
            grid: read.header.grid, voxels: read.scaledFloats().map { Int16(clampingRounded: Double($0)) })
        try edit(&volume)
        try NIfTIWriter.write(volume, to: image.path, gzip: true)
    }

    private func editFloats(_ edit: (inout Volume<Float>) -> Void) throws {
        var volume = try NIfTIFile.read(at: image.path).volume()
        edit(&volume)
        try NIfTIWriter.write(volume, to: image.path, gzip: true)
    }

    private func labels() throws -> LabelMap { try NIfTIFile.read(at: label.path).labelMap() }

    private func editLabel(_ edit: (inout LabelMap) throws -> Void) throws {
        var labels = try labels()
        try edit(&labels)
        try NIfTIWriter.write(labels, to: label.path, gzip: true)
    }

    private func replaceLabel(_ edit: (LabelMap) throws -> LabelMap) throws {
        try NIfTIWriter.write(edit(labels()), to: label.path, gzip: true)
    }

    private func writeLabel<Value: NIfTIScalar>(_ value: (UInt8) -> Value) throws {
        let labels = try labels()
        try NIfTIWriter.write(Volume(grid: labels.grid, voxels: labels.voxels.map(value)), to: label.path, gzip: true)
    }

    private func copy(_ from: URL, to: URL) throws { try Data(contentsOf: from).write(to: to, options: .atomic) }

    private func exchange(_ a: URL, _ b: URL) throws {
        let first = try Data(contentsOf: a), second = try Data(contentsOf: b)
        try second.write(to: a, options: .atomic)
        try first.write(to: b, options: .atomic)
    }
}

extension Volume {
    fileprivate func with(_ affine: Affine) -> Volume {
        // The number of voxels is unchanged, so this cannot fail.
        try! Volume(grid: Grid(shape: grid.shape, affine: affine), voxels: voxels)
    }

    fileprivate func cut(to box: VoxelBox) -> Volume {
        var part: [Voxel] = []
        for k in box.lower.z..<box.upper.z {
            for j in box.lower.y..<box.upper.y {
                let start = grid.shape.offset(box.lower.x, j, k)
                part += voxels[start..<start + box.size.x]
            }
        }
        return try! Volume(grid: grid.cropped(to: box), voxels: part)
    }

    /// Rearranges voxels: the new value at a place is the old one at `source(place)`, or `fallback` outside.
    fileprivate mutating func rearrange(fallback: Voxel?, _ source: (SIMD3<Int>) -> SIMD3<Int>) {
        let old = voxels, shape = grid.shape
        for k in 0..<shape.k {
            for j in 0..<shape.j {
                for i in 0..<shape.i {
                    let from = source(SIMD3(i, j, k))
                    if shape.contains(from.x, from.y, from.z) {
                        voxels[shape.offset(i, j, k)] = old[shape.offset(from.x, from.y, from.z)]
                    } else if let fallback {
                        voxels[shape.offset(i, j, k)] = fallback
                    }
                }
            }
        }
    }

    /// Mirrors the voxels along the array axis that follows a world axis, leaving the affine as it was.
    fileprivate mutating func mirror(alongWorldAxis world: Int) {
        let axis = (0..<3).first { grid.orientation.worldAxis[$0] == world }!
        let last = grid.shape.components[axis] - 1
        rearrange(fallback: nil) { place in
            var from = place
            from[axis] = last - from[axis]
            return from
        }
    }
}

extension LabelMap {
    fileprivate mutating func shift(by offset: SIMD3<Int>) { rearrange(fallback: 0) { $0 &- offset } }

    /// Labels one background voxel in the corner that is farthest from the class.
    fileprivate mutating func addSpeck(of value: UInt8) {
        let shape = grid.shape
        let place = shape.offset(1, 1, 1)
        voxels[voxels[place] == 0 ? place : shape.offset(shape.i - 2, shape.j - 2, shape.k - 2)] = value
    }
}

extension Affine {
    fileprivate func scaled(by factor: Double) throws(GeometryError) -> Affine {
        try Affine(columnI: columnI * factor, columnJ: columnJ * factor, columnK: columnK * factor, origin: origin)
    }
}
