import FoundationEssentials
import TestData

/// What nibabel says about one of the shared NIfTI files.
struct NibabelAnswer: Decodable, Sendable {
    let expect: String
    let header_size: Int?
    let endian: String?
    let datatype_code: Int?
    let vox_offset: Int?
    let scl_slope, scl_inter: Double?
    let shape: [Int]?
    let dtype: String?
    let zooms: [Double]?
    let affine, qform: [[Double]]?
    let axcodes: String?
    let qform_code, sform_code: Int?
    let xyzt_units: Int?
    let fdata_sha256_x_fastest, file_sha256: String?
    let min, max, mean: Double?
    let nonfinite: Int?
    let samples: [Sample]?

    struct Sample: Decodable, Sendable {
        let ijk: [Int]
        /// A number, or three or four for colours.
        let value: Double?

        enum CodingKeys: CodingKey { case ijk, value }
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            ijk = try container.decode([Int].self, forKey: .ijk)
            value = try? container.decode(Double.self, forKey: .value)
        }
    }

    /// By file name; empty without the shared data.
    static let all: [String: NibabelAnswer] = {
        guard SharedData.isPresent, let data = try? Data(contentsOf: SharedData.url("nifti/answers.json")) else {
            return [:]
        }
        return (try? JSONDecoder().decode([String: NibabelAnswer].self, from: data)) ?? [:]
    }()

    static let names = all.keys.sorted()
}
