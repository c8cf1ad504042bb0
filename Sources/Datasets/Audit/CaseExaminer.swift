import FoundationEssentials

/// Cases that share an image file, or one file outside every case: what one worker examines at a time.
struct ExaminationUnit: Sendable {
    var cases: [SourceCase] = []
    /// A NIfTI file that belongs to no case.
    var extra: (file: URL, role: FileRecord.Role)?
}

/// What examining a unit gave.
struct ExaminationResult: Sendable {
    var cases: [CaseRecord] = []
    var files: [FileRecord] = []
    var findings: [Finding] = []
}

/// Reads each file of a unit once and measures and checks all that can be told from the unit alone.
struct CaseExaminer: Sendable {
    let dataset: String
    let root: String
    let classes: [ManifestClass]
    let structures: StructureCatalogue
    let rules: [LabelRule]
    let ignoredValue: Int?
    let probabilityRule: ProbabilityLabelRule?
    let options: AuditOptions

    /// The path of a file below the source folder.
    func path(_ url: URL) -> String {
        let path = url.path
        return path.hasPrefix(root + "/") ? String(path.dropFirst(root.count + 1)) : path
    }

    func examine(_ unit: ExaminationUnit) -> ExaminationResult {
        var examination = Examination(examiner: self)
        if let extra = unit.extra { examination.examineExtra(extra.file, role: extra.role) }
        examination.examine(unit.cases)
        return examination.result
    }
}
