import FuzzTargets
import Glibc

// libFuzzer's driver around the targets; `FUZZ_TARGET` names the one to run. Built by `make fuzz` alone, because the
// driver's symbols exist only under -sanitize=fuzzer.

public typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

@_silgen_name("LLVMFuzzerRunDriver") func runDriver(
    _: UnsafeMutablePointer<CInt>, _: UnsafeMutablePointer<Arguments?>,
    _: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

private let target: FuzzTarget = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
        let known = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
        let text = "FUZZ_TARGET: expected one of \(known) but found \"\(name)\".\n"
        write(2, text, text.utf8.count)
        exit(2)
    }
    return target
}()

@_cdecl("LLVMFuzzerTestOneInput") public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    _ = target.read(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}

@_cdecl("iris_fuzz_main") public func fuzzMain(_ count: CInt, _ arguments: Arguments?) -> CInt {
    var count = count, arguments = arguments
    return runDriver(&count, &arguments, fuzzOneInput)
}
