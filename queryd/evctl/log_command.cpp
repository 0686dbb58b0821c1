#include "queryd/evctl/log_command.h"

#include "common/base/text.h"
#include "queryd/evctl/input.h"
#include "queryd/evctl/line_splitter.h"
#include "queryd/evctl/progress.h"
#include "queryd/evctl/record_outbox.h"

#include <unistd.h>

namespace evd::evctl {

namespace {

constexpr size_t kRecordOverheadBytes = 128;  // keys, heads and time; generously

// Lines become records of the one origin, each with the time at which it came.
class LogLines {
  public:
    LogLines(const SessionContext& context, RecordOutbox& outbox)
        : context_(context), outbox_(outbox) {}

    void feed(std::string_view bytes) {
        splitter_.feed(bytes, [this](std::string_view message) { add(message); });
    }
    void finish() {
        splitter_.finish([this](std::string_view message) { add(message); });
    }
    // The receiver is there and has taken nothing for kSendPatienceMs.
    bool isStuck() const { return is_stuck_; }

  private:
    void add(std::string_view message) {
        wire::LogRecord record;
        record.timestamp_ns = context_.clock.wallNs();
        record.origin = context_.arguments.words[0];
        record.is_error = context_.arguments.is_error;
        record.message = message;
        // The receiver may be slower than a file; here that is worth waiting for.
        const size_t bytes = kRecordOverheadBytes + record.origin.size() + message.size();
        if (!is_stuck_ && outbox_.waitingBytes() + bytes > wire::kRecordDatagramBytesMax) {
            // What does not fit is counted. One that is away may come back while we read on.
            is_stuck_ = !outbox_.flushWithin(kSendPatienceMs) && outbox_.fd() >= 0;
        }
        outbox_.add(record);
    }

    const SessionContext& context_;
    RecordOutbox& outbox_;
    LineSplitter splitter_;
    bool is_stuck_ = false;
};

base::Result<void> notRead(const RecordOutbox& outbox) {
    return base::fail(base::ErrorKind::Busy,
                      base::cat("eventd takes no records at the moment: ", outbox.sentCount(),
                                " were sent, then ", outbox.droppedCount() + outbox.waitingCount(),
                                " could not be, and the rest was not read"));
}

base::Result<void> readAll(int input, LogLines& lines, RecordOutbox& outbox) {
    Progress progress("sending", ProgressUnit::Bytes, standardInputBytes());
    return readToEnd(input, "standard input", [&](std::string_view piece) {
        progress.add(piece.size());
        lines.feed(piece);
        (void)outbox.flush();  // what cannot go yet goes with the next
        return lines.isStuck() ? notRead(outbox) : base::Result<void>();
    });
}

}  // namespace

base::Result<void> checkOrigin(const std::string& origin) {
    if (origin.empty() || origin.size() > wire::kLogOriginBytesMax || !base::isUtf8(origin)) {
        return base::fail(base::ErrorKind::Invalid, base::cat("an origin is UTF-8 of 1 to ",
                                                              wire::kLogOriginBytesMax, " bytes"));
    }
    return {};
}

base::Result<void> allSent(uint64_t sent, uint64_t dropped) {
    if (dropped == 0) {
        return {};
    }
    return base::fail(base::ErrorKind::Busy,
                      base::cat(dropped, " of ", sent + dropped,
                                " records could not be sent: eventd takes none at the moment"));
}

base::Result<void> sendLogLines(const SessionContext& context, int input) {
    const auto& words = context.arguments.words;
    EVD_TRY(checkOrigin(words[0]));
    RecordOutbox outbox(context.sockets.log, context.clock);
    const auto connected = outbox.connect();
    if (!connected.ok()) {
        return nobodyAnswers(context.sockets.log, connected.error());
    }
    LogLines lines(context, outbox);
    base::Result<void> read;
    if (words.size() > 1 && words[1] != "-") {
        lines.feed(words[1].empty() ? "\n" : words[1]);
    } else {
        read = readAll(input, lines, outbox);
    }
    EVD_TRY(read);
    lines.finish();
    if (lines.isStuck() || !outbox.flushWithin(kSendPatienceMs)) {
        outbox.dropRest();
    }
    return allSent(outbox.sentCount(), outbox.droppedCount());
}

base::Result<void> runLog(const SessionContext& context) {
    return sendLogLines(context, STDIN_FILENO);
}

}  // namespace evd::evctl
