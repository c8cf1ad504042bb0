import ArgumentParser
import FoundationEssentials

/// The commands with their arguments, from what ArgumentParser tells about itself.
struct CommandReference {
    private let command: Command

    /// - Parameter program: the root command.
    init(of program: (some ParsableArguments).Type) throws {
        command = try JSONDecoder().decode(Tool.self, from: Data(program._dumpHelp().utf8)).command
    }

    /// The parts of ArgumentParser's description (serialization version 0) that are shown.
    private struct Tool: Decodable { let command: Command }

    private struct Command: Decodable {
        let commandName: String
        let abstract: String?
        let discussion: String?
        let subcommands: [Command]?
        let arguments: [Argument]?
    }

    private struct Argument: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String
        }
        let kind: String
        let isOptional: Bool
        let isRepeating: Bool
        let names: [Name]?
        let valueName: String?
        let defaultValue: String?
        let allValues: [String]?
        let abstract: String?
    }

    /// One section per command, in the order of `iris --help`.
    var markdown: String {
        """
        # Commands

        Written by `iris reference commands` from what the command line is parsed by; `make reference` renews it.
        `iris <command> --help` says the same in the terminal. Results go to standard output, progress and messages to
        standard error. Exit status: 0 success, 1 findings or partial failure, 2 usage or cannot run.

        """ + (command.subcommands ?? []).map { section($0, below: command.commandName) }.joined()
    }

    private func section(_ command: Command, below parents: String) -> String {
        let name = "\(parents) \(command.commandName)"
        let arguments = (command.arguments ?? []).filter { !["help", "version"].contains($0.valueName) }
        // A group says what its commands are; the default help command needs no section.
        if command.commandName == "help" { return "" }
        var text = "\n## \(name)\n\n\(command.abstract ?? "")\n"
        if let discussion = command.discussion { text += "\n\(discussion)\n" }
        if command.subcommands == nil {
            text += "\n```\n\(([name] + arguments.map(usage)).joined(separator: " "))\n```\n"
        }
        if !arguments.isEmpty {
            text += "\n| argument | meaning | default |\n|---|---|---|\n" + arguments.map(row).joined()
        }
        return text + (command.subcommands ?? []).map { section($0, below: name) }.joined()
    }

    private func spelling(_ argument: Argument) -> String {
        let value = "<\(argument.valueName ?? "value")>"
        guard argument.kind != "positional" else { return value }
        let names = (argument.names ?? []).sorted { $0.kind > $1.kind }.map {
            ($0.kind == "long" ? "--" : "-") + $0.name
        }
        return names.joined(separator: ", ") + (argument.kind == "option" ? " \(value)" : "")
    }

    private func usage(_ argument: Argument) -> String {
        let text = spelling(argument) + (argument.isRepeating ? " ..." : "")
        return argument.isOptional ? "[\(text)]" : text
    }

    private func row(_ argument: Argument) -> String {
        var meaning = argument.abstract ?? ""
        if let values = argument.allValues, !values.isEmpty {
            meaning += " One of \(values.map { "`\($0)`" }.joined(separator: ", "))."
        }
        let fallback = argument.defaultValue.map { "`\($0)`" } ?? (argument.isOptional ? "" : "**required**")
        let cells = ["`\(spelling(argument))`", meaning, fallback]
        return "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
    }
}
