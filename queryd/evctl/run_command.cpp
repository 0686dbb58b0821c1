// One loop waits for the signals, the two pipes and, while records could not be sent, for room in
// the log socket. Reading a pipe passes the bytes through first and then cuts them into records;
// records wait in the outbox, which drops what is too much. When the child has ended, what is still
// in the pipes is read and the loop is left.

#include "queryd/evctl/run_command.h"

#include "common/base/text.h"
#include "queryd/evctl/child_process.h"
#include "queryd/evctl/line_splitter.h"
#include "queryd/evctl/log_command.h"
#include "queryd/evctl/record_outbox.h"
#include "queryd/evctl/terminal.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>

namespace evd::evctl {

namespace {

constexpr size_t kReadBytes = 64 * 1024;
constexpr size_t kLastReadsMax = 32;  // more than a pipe holds, should somebody go on writing
constexpr int kRetryMs = 1000;        // while records wait and nobody receives
constexpr int kLastWordsMs = 500;     // for what is left when the command has ended

// False when the reader has gone.
bool writeAll(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written > 0) {
            bytes.remove_prefix(static_cast<size_t>(written));
        } else if (errno == EAGAIN) {
            pollfd room{fd, POLLOUT, 0};
            (void)::poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

// Blocks the signals that we read instead, and gives everything back at the end. SIGCHLD may have
// been ignored by who started us: then nothing would be told of a child, and its status be lost.
class SignalReader {
  public:
    SignalReader() {
        struct sigaction usual {};
        usual.sa_handler = SIG_DFL;
        (void)::sigaction(SIGCHLD, &usual, &child_before_);
        sigset_t wanted;
        (void)::sigemptyset(&wanted);
        for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) {
            (void)::sigaddset(&wanted, number);
        }
        (void)::sigprocmask(SIG_BLOCK, &wanted, &before_);
        fd_.reset(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
        error_number_ = fd_.valid() ? 0 : errno;
    }
    ~SignalReader() {
        (void)::sigaction(SIGCHLD, &child_before_, nullptr);
        (void)::sigprocmask(SIG_SETMASK, &before_, nullptr);
    }
    SignalReader(const SignalReader&) = delete;
    SignalReader& operator=(const SignalReader&) = delete;

    int fd() const { return fd_.get(); }
    // Why there is no descriptor; 0 when there is one.
    int errorNumber() const { return error_number_; }
    const sigset_t& maskBefore() const { return before_; }
    std::optional<signalfd_siginfo> next() {
        signalfd_siginfo info{};
        const ssize_t got = ::read(fd_.get(), &info, sizeof(info));
        return got == static_cast<ssize_t>(sizeof(info)) ? std::optional(info) : std::nullopt;
    }

  private:
    sigset_t before_{};
    struct sigaction child_before_ {};
    base::Fd fd_;
    int error_number_ = 0;
};

// One of the command's two outputs.
struct Stream {
    base::Fd source;
    int shown_on = -1;  // -1 for not at all
    bool is_error = false;
    LineSplitter splitter;
};

class Job {
  public:
    Job(const SessionContext& context, std::string origin)
        : context_(context),
          origin_(std::move(origin)),
          id_(base::randomGuid()),
          outbox_(context.sockets.log, context.clock),
          buffer_(kReadBytes) {}

    base::Result<int> run() {
        if (signals_.errorNumber() != 0) {
            return base::failErrno("cannot wait for signals", signals_.errorNumber());
        }
        auto child = startChild(context_.arguments.words, signals_.maskBefore());
        if (!child.ok()) {
            return child.error();
        }
        pid_ = child.value().pid;
        const bool quiet = context_.arguments.quiet;
        streams_[0].source = std::move(child.value().output);
        streams_[0].shown_on = quiet ? -1 : STDOUT_FILENO;
        streams_[1].source = std::move(child.value().errors);
        streams_[1].shown_on = quiet ? -1 : STDERR_FILENO;
        streams_[1].is_error = true;
        const auto connected = outbox_.connect();
        if (!connected.ok()) {
            warn(nobodyAnswers(context_.sockets.log, connected.error()).text);
        }
        while (!status_) {
            wait();
            takeSignals();
            readStreams();
            (void)outbox_.flush();
        }
        finish();
        return *status_;
    }

  private:
    void wait() {
        const bool waiting = !outbox_.empty();
        std::array<pollfd, 4> wanted = {{{signals_.fd(), POLLIN, 0},
                                         {streams_[0].source.get(), POLLIN, 0},
                                         {streams_[1].source.get(), POLLIN, 0},
                                         {waiting ? outbox_.fd() : -1, POLLOUT, 0}}};
        (void)::poll(wanted.data(), wanted.size(), waiting ? kRetryMs : -1);
    }

    void takeSignals() {
        while (const auto info = signals_.next()) {
            if (info->ssi_signo != SIGCHLD) {
                const bool by_terminal = info->ssi_code == SI_KERNEL;
                if (!by_terminal) {
                    (void)::kill(pid_, static_cast<int>(info->ssi_signo));
                }
                continue;
            }
            int wait_status = 0;
            const pid_t ended = ::waitpid(pid_, &wait_status, WNOHANG);
            const bool is_unknown = ended < 0 && errno != EINTR;
            if (is_unknown) {
                warn("how the command ended is not known");  // somebody else has asked for it
            }
            if (ended == pid_ || is_unknown) {
                status_ = ended == pid_ ? shellStatus(wait_status) : kExitFailure;
                return;  // From now on the number is somebody else's.
            }
        }
    }

    // At most kReadBytes of each, or all that is there when the command has ended.
    void readStreams() {
        for (Stream& stream : streams_) {
            const size_t reads_max = status_ ? kLastReadsMax : 1;
            for (size_t i = 0; i < reads_max && stream.source.valid(); ++i) {
                if (!readSome(stream)) {
                    break;
                }
            }
        }
    }

    bool readSome(Stream& stream) {
        const ssize_t got = ::read(stream.source.get(), buffer_.data(), buffer_.size());
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            return false;
        }
        if (got <= 0) {
            stream.source.reset();
            return false;
        }
        const std::string_view bytes(buffer_.data(), static_cast<size_t>(got));
        const int64_t now_ns = context_.clock.wallNs();
        stream.splitter.feed(bytes, [&](std::string_view line) { add(stream, now_ns, line); });
        if (stream.shown_on >= 0 && !writeAll(stream.shown_on, bytes)) {
            stream.source.reset();  // The command sees what it would see without us.
            return false;
        }
        return true;
    }

    void add(const Stream& stream, int64_t timestamp_ns, std::string_view message) {
        wire::LogRecord record;
        record.timestamp_ns = timestamp_ns;
        record.origin = origin_;
        record.is_error = stream.is_error;
        record.message = message;
        record.job_id = id_;
        outbox_.add(record);
    }

    void finish() {
        for (Stream& stream : streams_) {
            stream.splitter.finish(
                [&](std::string_view line) { add(stream, context_.clock.wallNs(), line); });
        }
        if (!outbox_.flushWithin(kLastWordsMs)) {
            outbox_.dropRest();
        }
        if (outbox_.droppedCount() > 0) {
            warn(base::cat(outbox_.droppedCount(), " of ",
                           outbox_.droppedCount() + outbox_.sentCount(),
                           " lines could not be sent to eventd"));
        }
        if (context_.arguments.verbose ||
            (isTerminal(STDERR_FILENO) && !context_.arguments.quiet)) {
            complain(base::cat(outbox_.sentCount(), " lines of ", origin_, " sent as job ",
                               base::formatGuid(id_)));
        }
    }

    void warn(const std::string& text) {
        if (!warned_) {
            complain(base::cat("warning: ", text));
        }
        warned_ = true;
    }

    const SessionContext& context_;
    const std::string origin_;
    const base::Guid id_;
    SignalReader signals_;
    RecordOutbox outbox_;
    std::array<Stream, 2> streams_;
    std::vector<char> buffer_;
    pid_t pid_ = -1;
    std::optional<int> status_;
    bool warned_ = false;
};

}  // namespace

base::Result<int> runJob(const SessionContext& context) {
    const Arguments& arguments = context.arguments;
    const std::string origin =
        arguments.origin.empty() ? originOf(arguments.words[0]) : arguments.origin;
    EVD_TRY(checkOrigin(origin));
    const auto status = Job(context, origin).run();
    if (status.ok()) {
        return status;
    }
    if (status.error().kind == base::ErrorKind::NotFound ||
        status.error().kind == base::ErrorKind::Denied) {
        complain(status.error().text);
        return status.error().kind == base::ErrorKind::NotFound ? kStatusNotFound
                                                                : kStatusNotExecutable;
    }
    return status.error();
}

std::string originOf(std::string_view command) {
    while (command.ends_with('/')) {
        command.remove_suffix(1);
    }
    const std::string_view name = command.substr(command.rfind('/') + 1);
    return name.empty() ? "command" : base::toUtf8(name);
}

}  // namespace evd::evctl
