// The same input to what people use today: systemd-journald and rsyslog live for log lines, a
// Prometheus block for samples. Each is one of Debian's packages; one that is not there, or needs
// root, is left out and that is said.

#include "common/base/check.h"
#include "common/base/text.h"
#include "tests/bench/bench_records.h"
#include "tests/bench/line_peers.h"
#include "tests/bench/peer_program.h"
#include "tests/bench/record_sender.h"
#include "tests/support/temporary_directory.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>

namespace evd::bench {

namespace {

namespace fs = std::filesystem;
using base::cat;

constexpr uint64_t kRounds = 200;  // of samples, one of each series
constexpr int64_t kBeginSeconds = 1'790'000'000;
constexpr int64_t kInterval = 15;

// A block as Prometheus keeps it, made by its own tool from text: the bytes are what a running
// server would have, the rate is that of the tool.
std::optional<PeerFigures> runPrometheus() {
    const auto promtool = findPeer("promtool");
    if (!promtool) {
        return std::nullopt;
    }
    const test::TemporaryDirectory folder;
    {
        std::ofstream text(folder.path() + "/input");
        for (uint64_t name = 0; name < 50; ++name) {
            text << "# TYPE bench_metric" << name << " gauge\n";
            for (uint64_t series = name; series < kSeries; series += 50) {
                for (uint64_t round = 0; round < kRounds; ++round) {
                    text << "bench_metric" << name << "{instance=\"" << series << "\"} "
                         << round * kSeries + series << ' '
                         << kBeginSeconds + static_cast<int64_t>(round) * kInterval << '\n';
                }
            }
        }
        text << "# EOF\n";
    }
    const int64_t start = nowNs();
    (void)test::runCommand({*promtool, "tsdb", "create-blocks-from", "openmetrics",
                            folder.path() + "/input", folder.path() + "/blocks"});
    const double seconds = static_cast<double>(nowNs() - start) / 1e9;
    if (!fs::exists(folder.path() + "/blocks")) {
        std::printf("promtool made no block: left out\n");
        return std::nullopt;
    }
    constexpr double kSamples = static_cast<double>(kSeries * kRounds);
    return PeerFigures{kSamples / seconds,
                       static_cast<double>(bytesBelow(folder.path() + "/blocks")) / kSamples};
}

PeerFigures runOurSamples() {
    const test::StateFolder state;
    test::GroupOptions options = quietOptions();
    options.values.push_back({"", "MetricMaxBatchSize", "dword", "100000"});
    test::Group group(state, options);
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    StoredRows rows(state.below("metrics.db"), "samples");
    const Samples samples;
    const Sent sent = sendAll(state.below("run/metric.sock"), rows, kSeries * kRounds, 100,
                              [&](wire::RecordDatagram& datagram, uint64_t number) {
                                  const auto round = static_cast<int64_t>(number / kSeries);
                                  samples.add(datagram, number,
                                              (kBeginSeconds + round * kInterval) * 1'000'000'000);
                              });
    EVD_CHECK(group.stop() == 0, "the group did not stop cleanly");
    return {sent.perSecond(), bytesPerRow(state.below("metrics.db"), sent.stored)};
}

}  // namespace

void benchPeers(Figures& figures) {
    const auto journald = runLiveJournald();
    const auto rsyslog = runLiveRsyslog();
    if (journald || rsyslog) {
        const PeerFigures ours =
            runOurLines([](const std::string& socket, StoredRows& rows, const AddRecord& add) {
                return sendRecords(socket, rows, {0, 1}, add);
            });
        const auto compare = [&](const std::optional<PeerFigures>& peer, const std::string& name) {
            if (peer) {
                figures.push_back({cat("peers.log_lines ", name), ours.per_second, "lines/s",
                                   peer->per_second, cat(name, ", live"), ""});
                figures.push_back({cat("peers.bytes_per_line ", name), ours.bytes_per_record,
                                   "bytes", peer->bytes_per_record, name, ""});
            }
        };
        compare(journald, "journald");
        compare(rsyslog, "rsyslog");
    }
    if (const auto prometheus = runPrometheus()) {
        const PeerFigures ours = runOurSamples();
        figures.push_back({"peers.samples", ours.per_second, "samples/s", prometheus->per_second,
                           "promtool, from text", ""});
        figures.push_back({"peers.bytes_per_sample", ours.bytes_per_record, "bytes",
                           prometheus->bytes_per_record, "Prometheus block", ""});
    }
}

}  // namespace evd::bench
