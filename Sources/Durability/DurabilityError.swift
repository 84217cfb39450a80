public import Vocabulary

/// What can go wrong with what must survive a crash.
public enum DurabilityError: String, ErrorCatalogue {
    case openFailed = "store.file.unusable"
    case inUse = "store.file.in-use"
    case foreign = "store.file.foreign"
    case newer = "store.file.newer"
    case damaged = "store.file.damaged"
    case notDurable = "store.sync.not-durable"
    case migrationFailed = "store.migration.failed"
    case diskLow = "store.disk.low"
    case queueFull = "store.queue.full"
    case commitFailed = "store.commit.failed"
    case closed = "store.queue.closed"
    case faultPlanMalformed = "store.fault.malformed"
    case injectedFault = "store.fault.injected"

    public var meaning: String {
        switch self {
        case .openFailed: "The database file can not be opened or created."
        case .inUse: "Another process has this database open."
        case .foreign: "The file is a database of another kind."
        case .newer: "The database was written by a newer version of this program."
        case .damaged: "The database file is damaged."
        case .notDurable: "SQLite does not write this database so that a commit survives a power cut."
        case .migrationFailed: "The database could not be brought to this version's schema; it is unchanged."
        case .diskLow: "The disk that holds the database has less free space than is kept in reserve."
        case .queueFull: "Too many requests wait to be written."
        case .commitFailed: "Writing to the database failed, so it is unknown what was kept."
        case .closed: "The service is stopping and writes nothing more."
        case .faultPlanMalformed: "The fault plan of a test is malformed."
        case .injectedFault: "A test made this step fail."
        }
    }

    public var remedy: String {
        switch self {
        case .openFailed: "Check the path, the folder's owner and mode, and the disk."
        case .inUse: "Stop the other process, or give this one a database of its own."
        case .foreign: "Configure the path of this program's own database."
        case .newer: "Install that version again; the file is left as it is."
        case .damaged: "Keep the file, restore the last good copy and follow the recovery page."
        case .notDurable: "Use a SQLite built with synchronous writes; do not run on this one."
        case .migrationFailed: "Read the detail, mend the cause and start again."
        case .diskLow: "Free disk space or enlarge the disk."
        case .queueFull: "Wait a moment and send the request again."
        case .commitFailed: "Check disk and file system; the service restarts from what is on disk."
        case .closed: "Send the request again when the service runs."
        case .faultPlanMalformed: "Write point:count:action[,…] with action kill, kill-after, error or error-after."
        case .injectedFault: "Nothing: this happens in tests only."
        }
    }

    public var isRetryable: Bool {
        switch self {
        case .queueFull, .closed, .commitFailed: true
        default: false
        }
    }
}
