extension EpisodePlan {
    /// Checks every number that rendering relies on, so that a plan from anywhere can be rendered or is refused.
    ///
    /// - Throws: `PlanError.invalid` for the first that is out of range.
    public func validate() throws(PlanError) {
        try require(references.count <= 1024, "number of references", "\(references.count)", "at most 1024")
        try require(classes.count <= 255, "number of classes", "\(classes.count)", "at most 255")
        try query.validate()
        for reference in references {
            try reference.patch.validate()
            for change in reference.maskChanges { try change.validate(classes: classes.count) }
        }
    }
}

extension MaskChange {
    fileprivate func validate(classes: Int) throws(PlanError) {
        try require((0..<classes).contains(mask), "mask of a change", "\(mask)", "one of the plan's \(classes)")
        try require(keepAtLeast >= 0, "keepAtLeast", "\(keepAtLeast)", "0 or more")
        switch kind {
        case .grow(let radius), .shrink(let radius):
            try require((0...64).contains(radius), "radius", "\(radius)", "0 to 64 voxels")
        case .shift(let offset):
            try require(
                min(offset.x, offset.y, offset.z) >= -1024 && max(offset.x, offset.y, offset.z) <= 1024, "offset",
                "\(offset)", "at most 1024 voxels along each axis")
        }
    }
}

private func require(_ holds: Bool, _ field: String, _ found: @autoclosure () -> String, _ expected: String)
    throws(PlanError)
{
    if !holds { throw .invalid(field: field, found: found(), expected: expected) }
}
