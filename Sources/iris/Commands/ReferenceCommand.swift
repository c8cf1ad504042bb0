import ArgumentParser

/// `iris reference`: what can be written into configuration files and on the command line.
struct ReferenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reference", abstract: "Print the reference of configuration files or of commands as Markdown.",
        discussion: """
            It is made from what the program itself reads by, so it is complete and true for this version. \
            Example: iris reference configuration train
            """,
        subcommands: [ConfigurationFiles.self, Commands.self])

    /// `iris reference configuration`
    struct ConfigurationFiles: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "configuration", abstract: "Every key of every configuration file.",
            discussion: "Example: iris reference configuration episodes")

        @Argument(help: "One kind of file; all by default.") var kind: ConfigurationReference.Kind?
        @Flag(help: "Print an array of objects instead of Markdown.") var json = false

        func run() throws {
            let files = try ConfigurationReference.files(kind.map { [$0] } ?? ConfigurationReference.Kind.allCases)
            if json { return try JSONOutput.print(files) }
            print(ConfigurationReference.markdown(files), terminator: "")
        }
    }

    /// `iris reference commands`
    struct Commands: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Every command with its arguments and options.")

        func run() throws { print(try CommandReference(of: Iris.self).markdown, terminator: "") }
    }
}

extension ConfigurationReference.Kind: ExpressibleByArgument {}
