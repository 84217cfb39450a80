import Glibc

/// How wide the terminal is. Beside no Foundation, whose module the compiler may take C's structures for.
enum TerminalSize {
    /// Nil where standard output is none.
    static var columns: Int? {
        var size = winsize()
        return ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : nil
    }
}
