extension NIfTIFile {
    /// Decompresses a gzip file to its end and says what is damaged; `nil` for a sound or an uncompressed one.
    ///
    /// A damaged stream can also damage the header inside, which then is refused for a lesser reason.
    public static func gzipDamage(at path: String) throws(NIfTIError) -> GzipDamage? {
        let file = try InputFile(path: path)
        guard try file.bytes(2) == GzipDecoder.magic else { return nil }
        do throws(NIfTIError) {
            _ = try GzipStream(file: file).drain()
            return nil
        } catch .gzip(_, let damage) {
            return damage
        }
    }
}
