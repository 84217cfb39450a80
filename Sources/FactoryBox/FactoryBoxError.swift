public import Vocabulary

/// What can go wrong while a virtual factory runs on this machine.
public enum FactoryBoxError: String, ErrorCatalogue {
    case programMissing = "box.program.missing"
    case programFailed = "box.program.failed"
    case notReady = "box.service.not-ready"
    case unexpected = "box.story.unexpected"
    case notOurs = "box.directory.not-ours"

    public var meaning: String {
        switch self {
        case .programMissing: "A program of this system is not beside the one that runs."
        case .programFailed: "A program ended with another exit code than the story expects."
        case .notReady: "A service did not become ready in time."
        case .unexpected: "Something turned out differently from what the story promises."
        case .notOurs: "The directory was not made by this demo."
        }
    }

    public var remedy: String {
        switch self {
        case .programMissing: "Build everything with `make build`, then try again."
        case .programFailed, .notReady, .unexpected:
            "Read the log named in the detail; `make clean-demo` starts afresh."
        case .notOurs: "Name another directory, or remove this one yourself."
        }
    }
}
