#include "tests/support/record_load.h"

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/wire/record_datagram.h"
#include "tests/support/plain_database.h"
#include "tests/support/wait_until.h"

#include <sys/socket.h>
#include <utility>

namespace evd::test {

namespace {

constexpr int kPauseMs = 2;

base::Fd connected(const std::string& path) {
    auto socket = base::connectUnix(path, SOCK_DGRAM);
    EVD_CHECK(socket.ok(), "a door of the group is not there");
    return std::move(socket).value();
}

bool sendTo(int socket, wire::RecordDatagram& datagram) {
    const auto bytes = datagram.bytes();
    return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
}

// The numbers that a question finds in all files of that stem.
StoredRecords gather(const std::string& folder, const std::string& stem, const std::string& sql) {
    StoredRecords stored;
    for (const auto& path : databasesIn(folder, stem)) {
        PlainDatabase database(path);
        database.askEach(sql, [&](const PlainDatabase::Row& row) {
            ++stored.rows;
            stored.numbers.insert(numberOf(row.at(0)));
        });
        if (!database.error().empty()) {
            stored.errors.push_back(base::cat(path, ": ", database.error()));
        }
    }
    return stored;
}

}  // namespace

RecordLoad::RecordLoad(const std::string& log_path, const std::string& metric_path,
                       std::string name)
    : name_(std::move(name)),
      began_ns_(base::SystemClock().wallNs()),
      log_(connected(log_path)),
      metric_(connected(metric_path)),
      thread_("records", [this] { run(); }) {}

void RecordLoad::stop() {
    stopping_ = true;
    thread_.join();
}

void RecordLoad::run() {
    while (!stopping_) {
        lines_ += sendLine() ? 1 : 0;
        samples_ += sendSample() ? 1 : 0;
        pauseMs(kPauseMs);
    }
}

bool RecordLoad::sendLine() {
    wire::RecordDatagram datagram;
    wire::LogRecord record;
    record.origin = name_;
    const std::string message = base::cat("line ", lines_ + 1);
    record.message = message;
    return datagram.add(record) == wire::RecordDatagram::Added::Yes && sendTo(log_.get(), datagram);
}

bool RecordLoad::sendSample() {
    wire::RecordDatagram datagram;
    wire::MetricRecord record;
    record.name = name_;
    record.timestamp_ns = began_ns_ + static_cast<int64_t>(samples_) * base::kNsPerUs;
    record.value = static_cast<double>(samples_ + 1);
    return datagram.add(record) == wire::RecordDatagram::Added::Yes &&
           sendTo(metric_.get(), datagram);
}

// A line or a sample that is none of the load's is number 0, which was never sent.
StoredRecords storedLines(const std::string& state_folder, const std::string& name) {
    return gather(state_folder, "logs",
                  base::cat("SELECT iif(message LIKE 'line %', substr(message, 6), 0) FROM logs "
                            "WHERE origin = '",
                            name, "'"));
}

StoredRecords storedSamples(const std::string& state_folder, const std::string& name) {
    return gather(state_folder, "metrics",
                  base::cat("SELECT CAST(value AS INTEGER) FROM samples WHERE series_id IN "
                            "(SELECT id FROM series WHERE name = '",
                            name, "')"));
}

std::vector<std::string> complaintsAbout(const StoredRecords& stored, uint64_t sent,
                                         uint64_t lost_max) {
    std::vector<std::string> complaints = stored.errors;
    const auto& numbers = stored.numbers;
    if (stored.rows != numbers.size()) {
        complaints.push_back(base::cat(stored.rows - numbers.size(), " are stored twice"));
    }
    if (!numbers.empty() && (*numbers.begin() == 0 || *numbers.rbegin() > sent)) {
        complaints.push_back(base::cat(*numbers.begin(), " to ", *numbers.rbegin(),
                                       " are stored, and 1 to ", sent, " were sent"));
    } else if (numbers.size() + lost_max < sent) {
        uint64_t missing = 1;
        while (numbers.contains(missing)) {
            ++missing;
        }
        complaints.push_back(base::cat(sent, " were sent, ", numbers.size(),
                                       " are stored; the first that is missing is ", missing));
    }
    return complaints;
}

}  // namespace evd::test
