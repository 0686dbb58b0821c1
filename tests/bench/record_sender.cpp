#include "tests/bench/record_sender.h"

#include "common/base/check.h"
#include "common/base/socket.h"

#include <sys/socket.h>
#include <algorithm>
#include <filesystem>

namespace evd::bench {

namespace {

constexpr double kSeconds = 15;
constexpr int64_t kSettleNs = 10'000'000'000;  // for what is on its way when the sender ends
constexpr uint64_t kUnstoredMax = 150'000;     // ingest holds more
constexpr int64_t kAllStoredNs = 120'000'000'000;

}  // namespace

Sent sendRecords(const std::string& socket, StoredRows& rows, const Offer& offer,
                 const AddRecord& add) {
    auto connected = base::connectUnix(socket, SOCK_DGRAM);
    EVD_CHECK(connected.ok(), "the socket is there");
    const uint64_t before = rows.count();
    wire::RecordDatagram datagram;
    Sent sent;
    const int64_t start = nowNs();
    const auto end = start + static_cast<int64_t>(benchSeconds(kSeconds) * 1e9);
    for (int64_t now = start; now < end;) {
        const double due = static_cast<double>(now - start) / 1e9 * offer.per_second;
        if (offer.per_second > 0 && static_cast<double>(sent.records) > due) {
            test::pauseMs(1);
            now = nowNs();
            continue;
        }
        datagram.clear();
        for (uint32_t i = 0; i < offer.batch; ++i) {
            add(datagram, sent.records++);
        }
        const auto bytes = datagram.bytes();
        const ssize_t done = ::send(connected.value().get(), bytes.data(), bytes.size(), 0);
        EVD_CHECK(done == static_cast<ssize_t>(bytes.size()), "a blocking send");
        const int64_t after = nowNs();
        sent.worst_send_ms = std::max(sent.worst_send_ms, static_cast<double>(after - now) / 1e6);
        now = after;
    }
    const int64_t patience = nowNs() + kSettleNs;
    int64_t last_change = nowNs();
    while (sent.stored < sent.records && nowNs() < patience &&
           nowNs() - last_change < 2'000'000'000) {
        const uint64_t stored = rows.count() - before;
        if (stored != sent.stored) {
            sent.stored = stored;
            last_change = nowNs();
        }
        test::pauseMs(1);
    }
    // At a pace of its own what is late by less than a commit is no slower.
    sent.seconds = offer.per_second > 0 ? static_cast<double>(end - start) / 1e9
                                        : static_cast<double>(last_change - start) / 1e9;
    return sent;
}

Sent sendAll(const std::string& socket, StoredRows& rows, uint64_t records, uint32_t batch,
             const AddRecord& add) {
    auto connected = base::connectUnix(socket, SOCK_DGRAM);
    EVD_CHECK(connected.ok(), "the socket is there");
    const uint64_t before = rows.count();
    wire::RecordDatagram datagram;
    Sent sent;
    const int64_t start = nowNs();
    while (sent.records < records) {
        sent.stored = rows.count() - before;
        if (sent.records > sent.stored + kUnstoredMax) {
            test::pauseMs(1);
            continue;
        }
        datagram.clear();
        for (uint32_t i = 0; i < batch && sent.records < records; ++i) {
            add(datagram, sent.records++);
        }
        const auto bytes = datagram.bytes();
        EVD_CHECK(::send(connected.value().get(), bytes.data(), bytes.size(), 0) ==
                      static_cast<ssize_t>(bytes.size()),
                  "a blocking send");
    }
    while (sent.stored < records && nowNs() - start < kAllStoredNs) {
        test::pauseMs(1);
        sent.stored = rows.count() - before;
    }
    sent.seconds = static_cast<double>(nowNs() - start) / 1e9;
    return sent;
}

double bytesPerRow(const std::string& path, uint64_t rows) {
    return static_cast<double>(std::filesystem::file_size(path)) /
           static_cast<double>(std::max<uint64_t>(rows, 1));
}

}  // namespace evd::bench
