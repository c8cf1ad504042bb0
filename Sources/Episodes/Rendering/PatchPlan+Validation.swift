import Volumes

extension PatchPlan {
    /// Checks every number that the kernels rely on.
    ///
    /// - Throws: `PlanError.invalid` for the first that is out of range.
    public func validate() throws(PlanError) {
        try require(
            shape.i <= 1024 && shape.j <= 1024 && shape.k <= 1024, "shape", "\([shape.i, shape.j, shape.k])",
            "at most 1024 voxels along each axis")
        for (name, v) in [("column i", map.columnI), ("column j", map.columnJ), ("column k", map.columnK)] {
            try require(isFinite(v), "map's \(name)", "\(v)", "finite")
        }
        try require(isFinite(map.origin), "map's origin", "\(map.origin)", "finite")
        if let elastic {
            let c = elastic.controlPoints
            try require(
                min(c.x, c.y, c.z) >= 4 && max(c.x, c.y, c.z) <= 32, "elastic control points", "\(c)",
                "4 to 32 along each axis")
            try require(isFinite(elastic.amplitude), "elastic amplitude", "\(elastic.amplitude)", "finite")
        }
        if case .constant(let value) = padding { try require(value.isFinite, "padding", "\(value)", "finite") }
        for step in intensity { try validate(step) }
        try require(maskValues.count <= 255, "number of masks", "\(maskValues.count)", "at most 255")
    }

    private func validate(_ step: IntensityStep) throws(PlanError) {
        switch step {
        case .brightnessMultiply(let factor): try require(factor.isFinite, "brightness factor", "\(factor)", "finite")
        case .brightnessAdd(let offset): try require(offset.isFinite, "brightness offset", "\(offset)", "finite")
        case .contrast(let factor, _):
            try require(factor.isFinite && factor >= 0, "contrast factor", "\(factor)", "finite and not negative")
        case .gamma(let exponent, _, _):
            try require(exponent.isFinite && exponent > 0, "gamma exponent", "\(exponent)", "finite and positive")
        case .biasField(let coefficients, let pivot):
            try require(coefficients.count == 20, "number of bias field coefficients", "\(coefficients.count)", "20")
            try require(
                coefficients.allSatisfy(\.isFinite) && pivot.isFinite, "bias field", "\(coefficients), \(pivot)",
                "finite")
        case .gaussianBlur(let sigma): try validateDeviation(sigma, "blur's sigma")
        case .gaussianNoise(let sigma, _), .ricianNoise(let sigma, _, _):
            try require(sigma.isFinite && sigma >= 0, "noise sigma", "\(sigma)", "finite and not negative")
            if case .ricianNoise(_, let floor, _) = step {
                try require(floor.isFinite, "noise floor", "\(floor)", "finite")
            }
        case .lowResolution(let factor):
            try require(
                min(factor.x, factor.y, factor.z) > 0 && max(factor.x, factor.y, factor.z) <= 1,
                "low resolution factor",
                "\(factor)", "above 0 and at most 1")
        case .sharpening(let amount, let sigma):
            try require(amount.isFinite, "sharpening amount", "\(amount)", "finite")
            try validateDeviation(sigma, "sharpening's sigma")
        case .cutOut(let boxes, let value):
            try require(value.isFinite, "cut-out value", "\(value)", "finite")
            for box in boxes {
                let l = box.lower, u = box.upper
                let inside = min(l.x, l.y, l.z, u.x, u.y, u.z) >= 0 && max(l.x, l.y, l.z, u.x, u.y, u.z) <= 1024
                try require(inside, "cut-out box", "\(l) to \(u)", "between 0 and 1024")
            }
        }
    }

    private func validateDeviation(_ sigma: SIMD3<Double>, _ field: String) throws(PlanError) {
        try require(
            min(sigma.x, sigma.y, sigma.z) >= 0 && max(sigma.x, sigma.y, sigma.z) <= 16, field, "\(sigma)",
            "0 to 16 voxels")
    }

    private func isFinite(_ v: SIMD3<Double>) -> Bool { v.x.isFinite && v.y.isFinite && v.z.isFinite }

    private func require(
        _ holds: Bool, _ field: @autoclosure () -> String, _ found: @autoclosure () -> String, _ expected: String
    ) throws(PlanError) {
        if !holds { throw .invalid(field: field(), found: found(), expected: expected) }
    }
}
