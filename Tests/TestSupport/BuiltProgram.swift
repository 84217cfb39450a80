internal import Foundation

/// The programs of this package, which the build puts beside the test bundle.
public enum BuiltProgram {
    public static func path(_ name: String) -> String {
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        return bundle.deletingLastPathComponent().appendingPathComponent(name).path
    }
}
