/// How strict to be: `lab` accepts software tokens and known product keys, `production` neither.
public enum CustodyProfile: String, Codable, Sendable {
    case lab
    case production
}
