#include "tests/support/record_load.h"

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/wire/record_datagram.h"
#include "tests/support/sqlite_shell.h"
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

StoredRecords countIn(const std::string& path, const std::string& from_where,
                      const std::string& column) {
    SqliteShell shell(path, {"-readonly"});
    const auto number = [&](const std::string& what) {
        const auto text = shell.ask(base::cat("SELECT count(", what, ") ", from_where, ";"));
        const auto parsed = base::parseU64(base::trim(text));
        return parsed.ok() ? parsed.value() : 0;
    };
    return {number("*"), number("DISTINCT " + column)};
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

StoredRecords storedLines(const std::string& log_database, const std::string& name) {
    return countIn(log_database, base::cat("FROM logs WHERE origin = '", name, "'"), "message");
}

StoredRecords storedSamples(const std::string& metric_database, const std::string& name) {
    return countIn(metric_database,
                   base::cat("FROM samples WHERE series_id IN (SELECT id FROM series WHERE "
                             "name = '",
                             name, "')"),
                   "value");
}

}  // namespace evd::test
