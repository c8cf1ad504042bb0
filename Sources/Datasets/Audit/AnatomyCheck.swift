import Volumes

/// Whether the organs of one case lie where the affine and human anatomy say.
struct AnatomyCheck {
    /// One structure in the world.
    struct Organ {
        let measured: ClassMeasure
        let named: ManifestClass
        let structure: Structure
        /// Of the centroid, in mm, RAS.
        let centre: SIMD3<Double>
    }

    let organs: [Organ]

    init(_ measures: [ClassMeasure], classes: [ManifestClass], structures: StructureCatalogue, affine: Affine) {
        let named = Dictionary(classes.map { ($0.value, $0) }, uniquingKeysWith: { first, _ in first })
        organs = measures.compactMap { measure in
            guard let name = named[measure.value], let structure = structures[name.structure] else { return nil }
            return Organ(measured: measure, named: name, structure: structure, centre: affine.world(measure.centroid))
        }
    }

    /// Votes of pairs of structures about one direction: `right` for the expected order, `wrong` for the reverse.
    struct Votes: Equatable {
        var right = 0, wrong = 0
        mutating func count(_ difference: Double, atLeast margin: Double) {
            if difference > margin { right += 1 } else if difference < -margin { wrong += 1 }
        }
    }

    /// Right and left of each pair: how far the right one lies to the right of the left one, in mm.
    var pairs: [(right: Organ, left: Organ, distance: Double)] {
        organs.compactMap { right in
            guard right.structure.side == .right,
                let left = organs.first(where: { $0.structure.id == right.structure.partner })
            else { return nil }
            return (right, left, right.centre.x - left.centre.x)
        }
    }

    /// Unpaired organs of one side of the body against those of the other.
    var unpairedVotes: Votes {
        var votes = Votes()
        for a in organs where a.structure.bodySide == .right && a.structure.side == .none {
            for b in organs where b.structure.bodySide == .left && b.structure.side == .none {
                votes.count(a.centre.x - b.centre.x, atLeast: 15)
            }
        }
        return votes
    }

    /// Votes about y (1) or z (2) of structures whose typical places differ by at least `separation` mm.
    func votes(axis: Int, separation: Double) -> Votes {
        var votes = Votes()
        for (n, a) in organs.enumerated() {
            for b in organs[(n + 1)...] where a.structure.frame == b.structure.frame && a.structure.frame != .none {
                guard let p = a.structure.position, let q = b.structure.position, abs(p[axis] - q[axis]) >= separation
                else { continue }
                votes.count((a.centre[axis] - b.centre[axis]) * (p[axis] > q[axis] ? 1 : -1), atLeast: 10)
            }
        }
        return votes
    }

    func findings(make: (FindingCode, String, String, ClassMeasure) -> Finding) -> [Finding] {
        var found: [Finding] = []
        let pairs = pairs, wrongPairs = pairs.filter { $0.distance < -10 },
            rightPairs = pairs.filter { $0.distance > 10 }
        let unpaired = unpairedVotes
        if wrongPairs.isEmpty && unpaired.wrong > 0 && unpaired.right == 0, !rightPairs.isEmpty || unpaired.wrong == 1 {
            for organ in organs where organ.structure.bodySide != .none && organ.structure.side == .none {
                found.append(
                    make(
                        .wrongSide, "\(organ.named.name) on the \(organ.structure.bodySide.rawValue)",
                        "it on the other side of its counterparts", organ.measured))
            }
        } else if rightPairs.isEmpty, wrongPairs.count + unpaired.wrong > 0, unpaired.right == 0 {
            let witness = wrongPairs.first?.right ?? organs.first { $0.structure.bodySide == .right }!
            found.append(
                make(
                    .leftRightFlip, "\(witness.named.name) on the patient's right",
                    "it on the left by the affine, as \(wrongPairs.count) pairs and \(unpaired.wrong) unpaired organs agree",
                    witness.measured))
        } else {
            for pair in wrongPairs {
                found.append(
                    make(
                        .swappedPair, "\(pair.right.named.name) to the right of \(pair.left.named.name)",
                        "it \((-pair.distance).short) mm to the left, while other organs are in place",
                        pair.right.measured))
            }
        }
        for (axis, separation, code, order) in [
            (1, 50.0, FindingCode.frontBackFlip, "front organs before back organs"),
            (2, 60.0, .upsideDown, "upper organs above lower ones"),
        ] {
            let votes = votes(axis: axis, separation: separation)
            if votes.wrong >= 3, votes.wrong >= 4 * votes.right {
                found.append(
                    make(
                        code, order, "the reverse in \(votes.wrong) of \(votes.wrong + votes.right) comparisons",
                        organs[0].measured))
            }
        }
        return found
    }

    /// Classes larger than the organ gets even in disease, or smaller though they end well inside the volume; with the
    /// limit in ml.
    func implausibleVolumes(affine: Affine, shape: GridShape) -> [(organ: Organ, millilitres: Double, limit: Double)] {
        organs.compactMap { organ in
            guard let range = organ.structure.volume else { return nil }
            let volume = Double(organ.measured.voxels) * affine.spacing.voxelVolume / 1000
            if volume > 1.5 * range.upperBound { return (organ, volume, range.upperBound) }
            let box = organ.measured.box
            let isWhole = all(box.lower .>= 2) && all(box.upper .<= shape.components &- 2)
            return isWhole && volume < 0.5 * range.lowerBound ? (organ, volume, range.lowerBound) : nil
        }
    }
}
