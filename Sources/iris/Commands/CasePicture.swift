import Pictures
import VolumeStore

/// Three planes of a prepared case with its labels, in its own window.
struct CasePicture {
    let image: RGBImage

    /// - Throws: `UsageError` for a quarantined case, `StoreError` when its files are not what the index says.
    init(of record: StoredCase, in store: VolumeStore) throws {
        guard case .prepared(let prepared) = record.status else {
            throw UsageError("\(record.key): expected a prepared case to draw but it is quarantined. Leave --png out.")
        }
        let opened = try store.open(prepared, key: record.key)
        let (voxels, quantisation) = (opened.image.buffer, opened.quantisation)
        let labels = opened.labels
        let source = PictureSource(
            grid: prepared.grid, intensity: { quantisation.intensity(voxels[$0]) },
            label: labels.map { labels in { labels.buffer[$0] } })
        let window = IntensityWindow(prepared.normalisation.clipLow, prepared.normalisation.clipHigh)
        var options = Montage.Options(window: window, caption: "\(record.key) \(record.modality)")
        let names = try store.datasets().first { $0.name == record.key.dataset }?.classes ?? []
        options.legend = prepared.classes.map { found in
            (found.value, names.first { $0.value == found.value }?.name ?? "\(found.value)")
        }
        image = withExtendedLifetime(opened) { Montage.threePlanes(source, options: options) }
    }

    func write(to path: String) throws { try image.writePNG(to: path) }
}
