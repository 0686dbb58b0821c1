#include "queryd/stream/live_loop.h"

namespace evd::queryd {

namespace {

bool isSet(const std::atomic<bool>* flag) {
    return flag != nullptr && flag->load();
}

// Everything that is new by now, as one burst.
base::Result<void> sendBurst(LiveSource& source, const std::atomic<bool>* cancelled) {
    bool sent = false;
    for (bool more = true; more && !isSet(cancelled);) {
        const auto round = source.sendNew();
        if (!round) {
            return round.error();
        }
        sent = sent || round.value().sent;
        more = round.value().more;
    }
    return sent ? source.flush() : base::Result<void>();
}

}  // namespace

void waitForCommit(CommitSignal& signal, uint64_t seen, int64_t wait_ms,
                   const std::atomic<bool>* cancelled) {
    for (int64_t waited_ms = 0; waited_ms < wait_ms; waited_ms += kCancelCheckMs) {
        if (isSet(cancelled) || signal.waitBeyond(seen, kCancelCheckMs) != seen) {
            return;
        }
    }
}

base::Result<void> followCommits(LiveSource& source, CommitSignal& signal,
                                 const std::atomic<bool>* cancelled) {
    while (!isSet(cancelled)) {
        const uint64_t seen = signal.generation();
        EVD_TRY(sendBurst(source, cancelled));
        waitForCommit(signal, seen, kLivePollMs, cancelled);
    }
    return base::fail(base::ErrorKind::Gone, "the question was cancelled");
}

}  // namespace evd::queryd
