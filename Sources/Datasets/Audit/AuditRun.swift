import WorkerThreads

/// What one dataset brings to an audit.
struct AuditMember: Sendable {
    let dataset: String
    let classes: [ManifestClass]
    let rules: [LabelRule]
    var ignoredValue: Int?
    var probabilityRule: ProbabilityLabelRule?
    let units: [ExaminationUnit]
    /// What was found before any file was opened.
    let findings: [Finding]
}

/// Examines the files of one or more datasets and holds their cases against each other.
struct AuditRun: Sendable {
    /// The folder that paths in findings count from.
    let root: String
    let members: [AuditMember]
    let structures: StructureCatalogue
    let options: AuditOptions

    /// - Parameter progress: called in order after each unit of work, with units done, units in all and voxel bytes decoded.
    func result(jobs: Int, progress: (_ done: Int, _ total: Int, _ bytes: Int) -> Void) async throws
        -> ExaminationResult
    {
        let examiners = members.map(examiner)
        let units = members.enumerated().flatMap { n, member in member.units.map { (member: n, unit: $0) } }
        var result = ExaminationResult(findings: members.flatMap(\.findings)), done = 0, bytes = 0
        try await mapConcurrently(units, jobs: jobs, transform: { examiners[$0.member].examine($0.unit) }) { _, one in
            result.cases += one.cases
            result.files += one.files
            result.findings += one.findings
            done += 1
            bytes += one.files.reduce(0) { $0 + $1.voxelBytes }
            progress(done, units.count, bytes)
        }
        for member in members { compareCases(of: member, in: &result) }
        if !options.headersOnly {
            result.findings += try await DuplicateSearch(cases: result.cases, jobs: jobs).findings()
        }
        return result
    }

    private func examiner(_ member: AuditMember) -> CaseExaminer {
        CaseExaminer(
            dataset: member.dataset, root: root, classes: member.classes, structures: structures, rules: member.rules,
            ignoredValue: member.ignoredValue, probabilityRule: member.probabilityRule, options: options)
    }

    /// What shows only among the cases of one dataset.
    private func compareCases(of member: AuditMember, in result: inout ExaminationResult) {
        let cases = result.cases.filter { $0.source.dataset == member.dataset }
        result.findings += PopulationCheck(
            dataset: member.dataset, cases: cases, classes: member.classes, rules: member.rules, structures: structures
        ).findings()
        result.findings += StatedSpacingCheck.findings(cases, dataset: member.dataset)
        guard !options.headersOnly else { return }
        let swaps = SwapCheck(cases: cases).findings()
        result.findings.removeAll { finding in
            [.shiftedLabel, .flippedLabel].contains(finding.code) && finding.dataset == member.dataset
                && finding.caseID.map(swaps.exchanged.contains) == true
        }
        result.findings += swaps.findings
    }
}
