import Glibc

/// One OS thread that runs the jobs of one actor in order.
///
/// Calls into a PKCS#11 module block; on the cooperative pool a few stuck ones would stop the whole process.
/// The thread ends when the executor is released and its queue is empty.
final class SessionThread: SerialExecutor {
    private let queue = JobQueue()

    init() {
        var thread = pthread_t()
        // The thread holds the queue, never the executor, so that the executor's end ends the thread.
        let held = unsafe Unmanaged.passRetained(queue)
        let created = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<JobQueue>.fromOpaque(argument).takeRetainedValue().serve()
                return nil
            },
            held.toOpaque()
        )
        precondition(created == 0, "the system gives no thread for a token session")
        pthread_detach(thread)
    }

    deinit { queue.stop() }

    func enqueue(_ job: consuming ExecutorJob) {
        unsafe queue.add(UnownedJob(job), on: asUnownedSerialExecutor())
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }
}

@safe
private final class JobQueue: @unchecked Sendable {
    // `jobs` and `stopped` are guarded by `mutex`; `ready` tells the thread of a change.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let ready = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [(job: UnownedJob, executor: UnownedSerialExecutor)] = unsafe []
    private var stopped = false

    init() {
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(ready, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(ready)
        unsafe pthread_mutex_destroy(mutex)
        unsafe ready.deallocate()
        unsafe mutex.deallocate()
    }

    func add(_ job: UnownedJob, on executor: UnownedSerialExecutor) {
        unsafe pthread_mutex_lock(mutex)
        unsafe jobs.append((job, executor))
        unsafe pthread_cond_signal(ready)
        unsafe pthread_mutex_unlock(mutex)
    }

    func stop() {
        unsafe pthread_mutex_lock(mutex)
        stopped = true
        unsafe pthread_cond_signal(ready)
        unsafe pthread_mutex_unlock(mutex)
    }

    /// The thread's life. A waiting job keeps its actor and so its executor alive.
    func serve() {
        while let batch = unsafe next() {
            for unsafe(job, executor) in unsafe batch { unsafe job.runSynchronously(on: executor) }
        }
    }

    private func next() -> [(job: UnownedJob, executor: UnownedSerialExecutor)]? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while unsafe jobs.isEmpty && !stopped { unsafe pthread_cond_wait(ready, mutex) }
        guard unsafe !jobs.isEmpty else { return nil }
        let batch = unsafe jobs
        unsafe jobs.removeAll(keepingCapacity: true)
        return unsafe batch
    }
}
