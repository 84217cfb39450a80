public import Vocabulary

/// What was done in one key ceremony, step by step. Signed by the OEM's root authority; each transcript names the one
/// before, so a ceremony that was left out shows.
public struct CeremonyTranscript: Statement {
    public static let payloadType = "application/vnd.obis.ceremony-transcript.v1+json"
    public static let largestPayload = 256 * 1024
    public static let mostSteps = 512

    /// A file that a step wrote, by its name relative to the ceremony's state folder.
    public struct Output: Codable, Sendable, Hashable {
        public let file: String
        public let digest: Digest256
        public init(file: String, digest: Digest256) {
            self.file = file
            self.digest = digest
        }
    }

    public struct Step: Codable, Sendable, Hashable {
        /// What was made, `key`, `role-keys`, `paa-certificate`.
        public let action: String
        /// Which one, in words.
        public let subject: String
        /// SHA-256 of the SubjectPublicKeyInfo of the key that was made or that signed.
        public let keyID: Digest256?
        public let outputs: [Output]
        public let at: Instant
        public init(action: String, subject: String, keyID: Digest256?, outputs: [Output], at: Instant) {
            self.action = action
            self.subject = subject
            self.keyID = keyID
            self.outputs = outputs
            self.at = at
        }
    }

    public let oem: String
    /// 1, 2, 3 … without gaps.
    public let number: Int
    /// Statement id of the transcript before; absent in number 1.
    public let previous: Digest256?
    /// SHA-256 of the reviewed ceremony file.
    public let ceremonyFile: Digest256
    public let purpose: String
    /// The people who were there, two at least.
    public let participants: [String]
    /// Name and version of the program that did it.
    public let tool: String
    public let root: P256Point
    public let steps: [Step]
    public let startedAt: Instant
    public let finishedAt: Instant

    public init(
        oem: String,
        number: Int,
        previous: Digest256?,
        ceremonyFile: Digest256,
        purpose: String,
        participants: [String],
        tool: String,
        root: P256Point,
        steps: [Step],
        startedAt: Instant,
        finishedAt: Instant
    ) {
        self.oem = oem
        self.number = number
        self.previous = previous
        self.ceremonyFile = ceremonyFile
        self.purpose = purpose
        self.participants = participants
        self.tool = tool
        self.root = root
        self.steps = steps
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }

    public func validate() throws {
        try require((1...128).contains(oem.utf8.count), "oem name length")
        try require(number >= 1 && (number == 1) == (previous == nil), "number \(number) and previous")
        try require((1...500).contains(purpose.utf8.count), "purpose length")
        try require((2...32).contains(participants.count), "\(participants.count) participants")
        try require(Set(participants).count == participants.count, "a participant is listed twice")
        try require(participants.allSatisfy { (1...128).contains($0.utf8.count) }, "participant name length")
        try require((1...128).contains(tool.utf8.count), "tool length")
        try require(root.signingKey != nil, "root key not on the curve")
        try require((1...Self.mostSteps).contains(steps.count), "\(steps.count) steps")
        try require(startedAt <= finishedAt, "finished before it started")
        for step in steps {
            try require((1...64).contains(step.action.utf8.count), "action length")
            try require((1...300).contains(step.subject.utf8.count), "subject length")
            try require(step.outputs.count <= 8, "\(step.outputs.count) outputs of one step")
            try require(step.outputs.allSatisfy { (1...300).contains($0.file.utf8.count) }, "file name length")
        }
    }
}
