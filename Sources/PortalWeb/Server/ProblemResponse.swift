import HTTPTypes
import Hummingbird
import NIOCore
import PortalProtocol
import Statements
public import Vocabulary

/// A refusal that also says how far the portal's copy of a journal reaches (`portal.journal.gap`).
public struct JournalRefusal: Error, Sendable {
    public let refusal: Refusal
    public let storedSize: Int

    public init(_ refusal: Refusal, storedSize: Int) {
        self.refusal = refusal
        self.storedSize = storedSize
    }
}

extension Response {
    /// `application/problem+json`, with the headers that a status wants.
    static func problem(
        _ refusal: Refusal,
        status: Int,
        requestID: String,
        storedSize: Int? = nil,
        headers extra: HTTPFields = [:]
    ) -> Response {
        // Of a failure of the portal itself the log has the detail: it may name tables and paths.
        let hidesDetail = status >= 500 && !refusal.has(PortalError.notReady)
        let problem = Problem(
            type: "https://obis.dev/errors#\(refusal.code)",
            title: refusal.meaning,
            status: status,
            code: refusal.code,
            detail: refusal.detail.isEmpty || hidesDetail ? nil : refusal.detail,
            remedy: refusal.remedy,
            requestID: requestID,
            storedSize: storedSize
        )
        var headers: HTTPFields = [.contentType: "application/problem+json"]
        headers.append(contentsOf: extra)
        if status == 401 { headers[.wwwAuthenticate] = "Bearer" }
        if status == 429 { headers[.retryAfter] = String(refusal.detail.prefix { $0.isNumber }) }
        let body = (try? StatementCoding.encode(problem)) ?? []
        return Response(
            status: .init(code: status),
            headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: body))
        )
    }
}
