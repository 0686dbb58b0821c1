#include "common/base/check.h"
#include "tests/bench/bench_records.h"
#include "tests/bench/line_peers.h"

namespace evd::bench {

PeerFigures runOurLines(const SendLines& send) {
    const Lines lines;
    const test::StateFolder state;
    test::Group group(state, quietOptions());
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    StoredRows rows(state.below("logs.db"), "logs");
    const Sent sent =
        send(state.below("run/log.sock"), rows,
             [&](wire::RecordDatagram& datagram, uint64_t number) { lines.add(datagram, number); });
    const uint64_t stored = rows.count();
    EVD_CHECK(group.stop() == 0, "the group did not stop cleanly");
    return {sent.perSecond(), bytesPerRow(state.below("logs.db"), stored)};
}

}  // namespace evd::bench
