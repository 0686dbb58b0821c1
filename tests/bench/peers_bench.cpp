// The same input to what people use today: systemd-journald live for log lines, a Prometheus block
// for samples. Each is one of Debian's packages; one that is not there, or needs root, is left out
// and that is said.

#include "common/base/check.h"
#include "common/base/fd.h"
#include "common/base/socket.h"
#include "common/base/text.h"
#include "tests/bench/record_sender.h"
#include "tests/support/temporary_directory.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>

namespace evd::bench {

namespace {

namespace fs = std::filesystem;
using base::cat;

constexpr const char* kJournald = "/lib/systemd/systemd-journald";
constexpr const char* kPromtool = "/usr/bin/promtool";
constexpr double kSeconds = 15;
constexpr int kOrigins = 20;
constexpr size_t kLineBytes = 100;
constexpr uint64_t kSeries = 5'000;
constexpr uint64_t kRounds = 200;  // of samples, one of each series
constexpr int64_t kBeginSeconds = 1'790'000'000;
constexpr int64_t kInterval = 15;

struct PeerFigures {
    double per_second = 0;
    double bytes_per_record = 0;
};

uint64_t bytesBelow(const std::string& folder) {
    uint64_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        bytes += entry.is_regular_file() ? entry.file_size() : 0;
    }
    return bytes;
}

void writeText(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
}

// journald in a mount namespace of its own, with a private /run, no rate limit, and its files in a
// folder on our disk.
class Journald {
  public:
    explicit Journald(std::string folder) : folder_(std::move(folder)) {
        pid_ = ::fork();
        if (pid_ == 0) {
            run(folder_);
        }
        for (int i = 0; i < 2'000 && !fs::exists(socketPath()); ++i) {
            test::pauseMs(1);
        }
    }
    ~Journald() { stop(); }
    Journald(const Journald&) = delete;
    Journald& operator=(const Journald&) = delete;

    std::string socketPath() const {
        return cat("/proc/", pid_, "/root") + "/run/systemd/journal/socket";
    }
    uint64_t entries() const {
        uint64_t total = 0;
        constexpr std::string_view kLabel = "Entry objects: ";
        for (const auto& machine : fs::directory_iterator(folder_)) {
            const std::string header =
                test::runCommand({"/usr/bin/journalctl", "--header", "-D", machine.path()}).output;
            std::string_view rest = header;
            for (size_t at = rest.find(kLabel); at != rest.npos; at = rest.find(kLabel)) {
                rest.remove_prefix(at + kLabel.size());
                const auto count = base::parseU64(rest.substr(0, rest.find('\n')));
                total += count.ok() ? count.value() : 0;
            }
        }
        return total;
    }
    void stop() {
        if (pid_ > 0) {
            (void)::kill(pid_, SIGTERM);
            (void)::waitpid(pid_, nullptr, 0);
            pid_ = -1;
        }
    }

  private:
    [[noreturn]] static void run(const std::string& folder) {
        const bool ready = ::unshare(CLONE_NEWNS) == 0 &&
                           ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                           ::mount("tmpfs", "/run", "tmpfs", 0, nullptr) == 0;
        if (ready) {
            fs::create_directories("/run/systemd/journald.conf.d");
            fs::create_directories("/run/systemd/journal");
            fs::create_directories("/run/log/journal");
            writeText("/run/systemd/journald.conf.d/bench.conf",
                      "[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\nRuntimeMaxUse=8G\n"
                      "ReadKMsg=no\nAudit=no\nForwardToSyslog=no\nForwardToWall=no\n");
            if (::mount(folder.c_str(), "/run/log/journal", nullptr, MS_BIND, nullptr) == 0) {
                const base::Fd nothing(::open("/dev/null", O_WRONLY | O_CLOEXEC));
                (void)::dup2(nothing.get(), STDERR_FILENO);
                (void)::execl(kJournald, kJournald, nullptr);
            }
        }
        ::_exit(1);
    }

    const std::string folder_;
    pid_t pid_ = -1;
};

std::optional<PeerFigures> runJournald() {
    if (::geteuid() != 0 || ::access(kJournald, X_OK) != 0) {
        std::printf("systemd-journald is not here or this is not root: left out\n");
        return std::nullopt;
    }
    const test::TemporaryDirectory folder;
    Journald journald(folder.path());
    auto connected = base::connectUnix(journald.socketPath(), SOCK_DGRAM);
    if (!connected.ok()) {
        std::printf("systemd-journald did not start: left out\n");
        return std::nullopt;
    }
    const std::string line(kLineBytes, 'x');
    std::vector<std::string> datagrams;
    for (int i = 0; i < kOrigins; ++i) {
        datagrams.push_back(
            cat("PRIORITY=6\nSYSLOG_IDENTIFIER=service", i, "\nMESSAGE=", line, "\n"));
    }
    const int64_t start = nowNs();
    const auto end = start + static_cast<int64_t>(benchSeconds(kSeconds) * 1e9);
    for (size_t number = 0; nowNs() < end; ++number) {
        const std::string& bytes = datagrams[number % datagrams.size()];
        EVD_CHECK(::send(connected.value().get(), bytes.data(), bytes.size(), 0) ==
                      static_cast<ssize_t>(bytes.size()),
                  "a blocking send");
    }
    // What is behind the last line in the socket is behind it in the journal.
    uint64_t entries = journald.entries();
    for (uint64_t before = 0; before != entries; entries = journald.entries()) {
        before = entries;
        test::pauseMs(50);
    }
    const double seconds = static_cast<double>(nowNs() - start) / 1e9;
    journald.stop();
    EVD_CHECK(entries > 0, "journald has stored something");
    return PeerFigures{
        static_cast<double>(entries) / seconds,
        static_cast<double>(bytesBelow(folder.path())) / static_cast<double>(entries)};
}

// A block as Prometheus keeps it, made by its own tool from text: the bytes are what a running
// server would have, the rate is that of the tool.
std::optional<PeerFigures> runPrometheus() {
    if (::access(kPromtool, X_OK) != 0) {
        std::printf("promtool is not here: left out\n");
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
    (void)test::runCommand({kPromtool, "tsdb", "create-blocks-from", "openmetrics",
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

PeerFigures runOurLogs() {
    const std::string line(kLineBytes, 'x');
    const test::StateFolder state;
    test::Group group(state, quietOptions());
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    StoredRows rows(state.below("logs.db"), "logs");
    const Sent sent = sendRecords(
        state.below("run/log.sock"), rows, {0, 1},
        [&](wire::RecordDatagram& datagram, uint64_t number) {
            wire::LogRecord record;
            const std::string origin = cat("service", number % kOrigins);
            record.origin = origin;
            record.message = line;
            EVD_CHECK(datagram.add(record) == wire::RecordDatagram::Added::Yes, "a small record");
        });
    const uint64_t stored = rows.count();
    EVD_CHECK(group.stop() == 0, "the group did not stop cleanly");
    return {sent.perSecond(), bytesPerRow(state.below("logs.db"), stored)};
}

PeerFigures runOurSamples() {
    const test::StateFolder state;
    test::GroupOptions options = quietOptions();
    options.values.push_back({"", "MetricMaxBatchSize", "dword", "100000"});
    test::Group group(state, options);
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    StoredRows rows(state.below("metrics.db"), "samples");
    auto connected = base::connectUnix(state.below("run/metric.sock"), SOCK_DGRAM);
    EVD_CHECK(connected.ok(), "the socket is there");
    constexpr uint64_t kSamples = kSeries * kRounds;
    wire::RecordDatagram datagram;
    const int64_t start = nowNs();
    for (uint64_t number = 0; number < kSamples;) {
        // No further ahead than the store can hold, so that every sample is stored.
        if (number > rows.count() + 150'000) {
            test::pauseMs(1);
            continue;
        }
        datagram.clear();
        for (int i = 0; i < 100; ++i, ++number) {
            const uint64_t series = number % kSeries;
            const std::string name = cat("bench.metric", series % 50);
            const std::string instance = cat(series);
            const wire::MetricLabel label{"instance", instance};
            wire::MetricRecord record;
            record.name = name;
            record.labels = std::span(&label, 1);
            record.value = static_cast<double>(number);
            record.timestamp_ns =
                (kBeginSeconds + static_cast<int64_t>(number / kSeries) * kInterval) *
                1'000'000'000;
            EVD_CHECK(datagram.add(record) == wire::RecordDatagram::Added::Yes, "a small record");
        }
        const auto bytes = datagram.bytes();
        EVD_CHECK(::send(connected.value().get(), bytes.data(), bytes.size(), 0) ==
                      static_cast<ssize_t>(bytes.size()),
                  "a blocking send");
    }
    while (rows.count() < kSamples && nowNs() - start < 120'000'000'000) {
        test::pauseMs(1);
    }
    const double seconds = static_cast<double>(nowNs() - start) / 1e9;
    const uint64_t stored = rows.count();
    EVD_CHECK(group.stop() == 0, "the group did not stop cleanly");
    return {static_cast<double>(stored) / seconds, bytesPerRow(state.below("metrics.db"), stored)};
}

}  // namespace

void benchPeers(Figures& figures) {
    if (const auto journald = runJournald()) {
        const PeerFigures ours = runOurLogs();
        figures.push_back({"peers.log_lines", ours.per_second, "lines/s", journald->per_second,
                           "journald, live", ""});
        figures.push_back({"peers.bytes_per_line", ours.bytes_per_record, "bytes",
                           journald->bytes_per_record, "journald", ""});
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
