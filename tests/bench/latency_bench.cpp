// How long one event takes to an answer or a stream, and what processor time a group costs
// that has nothing to do.

#include "common/base/text.h"
#include "tests/bench/group_under_test.h"
#include "tests/support/raw_query.h"

namespace evd::bench {

namespace {

using base::cat;

constexpr int kLatencySamples = 300;

// Milliseconds from the start of the emit until a question's answer includes the event.
double askUntilFound(test::Emitter& emitter, const std::string& query_socket, uint64_t number) {
    const int64_t start = nowNs();
    emitter.emit(number, 1);
    while (true) {
        test::RawQuery query(query_socket);
        const auto found = query.countRecords(
            cat("EVENTS ", kEventType, " WHERE n == ", number, " SINCE 1m ago TAKE 1"), 5000);
        if (found.value_or(0) > 0) {
            return static_cast<double>(nowNs() - start) / 1e6;
        }
    }
}

}  // namespace

void benchLatency(Figures& figures) {
    const test::StateFolder state;
    test::Group group(state, quietOptions());
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    test::Emitter emitter(state.below("run/kmes.sock"), kEventType,
                          kPayloadBytes - kPayloadFrameBytes);
    const std::string query_socket = state.below("run/query.sock");
    std::vector<double> asked;
    std::vector<double> streamed;
    uint64_t number = 0;
    for (int i = 0; i < kLatencySamples; ++i) {
        asked.push_back(askUntilFound(emitter, query_socket, ++number));
        test::pauseMs(10);
    }
    test::RawQuery stream(query_socket);
    stream.send(cat("EVENTS ", kEventType, " TAKE 1 STREAM"));
    (void)stream.receive(5000);
    for (int i = 0; i < kLatencySamples; ++i) {
        const int64_t start = nowNs();
        emitter.emit(++number, 1);
        const auto message = stream.receive(5000);
        EVD_CHECK(message.has_value(), "the stream ended");
        streamed.push_back(static_cast<double>(nowNs() - start) / 1e6);
        test::pauseMs(10);
    }
    figures.push_back({"latency.ask_p50", percentile(asked, 50), "ms", 0, "", "5"});
    figures.push_back({"latency.ask_p99", percentile(asked, 99), "ms", 0, "", ""});
    figures.push_back({"latency.stream_p50", percentile(streamed, 50), "ms", 0, "", "5"});
    figures.push_back({"latency.stream_p99", percentile(streamed, 99), "ms", 0, "", ""});
}

void benchIdle(Figures& figures) {
    const double seconds = benchSeconds(30);
    const test::StateFolder state;
    test::Group group(state, {});
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    test::pauseMs(2000);
    const auto pids = groupPids(group);
    const double before = processorSeconds(pids);
    test::pauseMs(static_cast<int>(seconds * 1000));
    const double used = processorSeconds(pids) - before;
    figures.push_back({"idle.processor", used / seconds * 100, "% of one", 0, "", "0.5"});
}

}  // namespace evd::bench
