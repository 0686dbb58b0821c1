#include "common/base/check.h"
#include "common/base/text.h"
#include "tests/bench/line_peers.h"

namespace evd::bench {

PeerFigures runOurLines(const SendLines& send) {
    const std::string line(kPeerLineBytes, 'x');
    const test::StateFolder state;
    test::Group group(state, quietOptions());
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    StoredRows rows(state.below("logs.db"), "logs");
    const Sent sent = send(
        state.below("run/log.sock"), rows, [&](wire::RecordDatagram& datagram, uint64_t number) {
            wire::LogRecord record;
            const std::string origin = base::cat("service", number % kPeerOrigins);
            record.origin = origin;
            record.message = line;
            EVD_CHECK(datagram.add(record) == wire::RecordDatagram::Added::Yes, "a small record");
        });
    const uint64_t stored = rows.count();
    EVD_CHECK(group.stop() == 0, "the group did not stop cleanly");
    return {sent.perSecond(), bytesPerRow(state.below("logs.db"), stored)};
}

}  // namespace evd::bench
